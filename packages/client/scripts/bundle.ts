import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";

export interface Bundle {
  readonly code: Uint8Array;
  readonly gzipBytes: number;
  /** Every source file that left something in the bundle. */
  readonly inputs: readonly string[];
}

const SOURCE = new URL("../src/", import.meta.url);

/** One minified ES module of an entry in `src/`, for browsers and everything like them. */
export function bundleBrowser(
  entry: string,
  options: { readonly withTexts?: boolean } = {},
): Promise<Bundle> {
  return bundle(entry, {
    platform: "browser",
    target: "es2022",
    plugins: options.withTexts ? [] : [leaveOutTexts],
  });
}

/** The same for Node's own modules, which stay outside. */
export function bundleNode(entry: string): Promise<Bundle> {
  return bundle(entry, { platform: "node", target: "node20", plugins: [leaveOutTexts] });
}

async function bundle(
  entry: string,
  options: { readonly platform: "browser" | "node"; readonly target: string; readonly plugins: Plugin[] },
): Promise<Bundle> {
  const built = await build({
    entryPoints: [fileURLToPath(new URL(entry, SOURCE))],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
    legalComments: "none",
    ...options,
  });
  const [output] = Object.values(built.metafile.outputs);
  const code = built.outputFiles[0]?.contents ?? new Uint8Array();
  const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { code, gzipBytes: gzipSync(code, { level: 9 }).length, inputs: inputs.map(([path]) => path) };
}

/**
 * Texts that nobody can read in a client, since it shows no error to anyone and decides on codes alone: a tenth of the bundle.
 * Each pattern is replaced by its first groups; a file that is no longer valid afterwards fails the build.
 */
const TEXTS: readonly { readonly file: RegExp; readonly text: RegExp; readonly rest: string }[] = [
  {
    file: /@noble\/(curves|hashes)\/.*\.js$/,
    text: /new ((?:Range|Type)?Error)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g,
    rest: "new $1()",
  },
  { file: /protocol\/src\/problems\.ts$/, text: /title: "[^"]*",/g, rest: "" },
  { file: /crypto-core\/src\/errors\.ts$/, text: /^( {2}\w+: )"[^"]*"/gm, rest: '$1""' },
];

const leaveOutTexts: Plugin = {
  name: "leave-out-texts",
  setup({ onLoad }) {
    for (const { file, text, rest } of TEXTS) {
      onLoad({ filter: file }, async ({ path }) => ({
        contents: (await readFile(path, "utf8")).replace(text, rest),
        loader: path.endsWith(".ts") ? "ts" : "js",
      }));
    }
  },
};
