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

/** One minified ES module of an entry in `src/`, or of one by its URL, for browsers and everything like them. `whole`: with nothing left out. */
export function bundleBrowser(entry: string, options: { readonly whole?: boolean } = {}): Promise<Bundle> {
  return bundle(entry, {
    platform: "browser",
    target: "es2022",
    plugins: options.whole ? [] : [leaveOut],
  });
}

/** The same for Node's own modules, which stay outside. */
export function bundleNode(entry: string): Promise<Bundle> {
  return bundle(entry, { platform: "node", target: "node20", plugins: [leaveOut] });
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
 * What no client can come to, a tenth of the bundle. A pattern that no longer matches after an upgrade shows in the bundle's
 * size, which is tested; a file that it spoils fails the build; and the test of the bundle sends a report with what is left.
 */
const LEFT_OUT: readonly { readonly file: RegExp; readonly text: RegExp; readonly rest: string }[] = [
  // Messages of errors: the client shows none to anybody and decides on codes alone.
  {
    file: /@noble\/(curves|hashes)\/.*\.js$/,
    text: /new ((?:Range|Type)?Error)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g,
    rest: "new $1()",
  },
  { file: /crypto-core\/src\/errors\.ts$/, text: /^( {2}\w+: )"[^"]*"/gm, rest: '$1""' },
  // Of a problem, a client reads the code and what to do.
  { file: /protocol\/src\/problems\.ts$/, text: /status: \d+,|title: "[^"]*",/g, rest: "" },
  // Square roots in any field: ristretto255 has a formula of its own (RFC 9496 section 4.2). Called all the same, it throws.
  { file: /@noble\/curves\/.*modular\.js$/, text: /FpSqrt\(this\.ORDER\)/g, rest: "undefined" },
];

const leaveOut: Plugin = {
  name: "leave-out",
  setup({ onLoad }) {
    onLoad({ filter: /\.[jt]s$/ }, async ({ path }) => {
      const cuts = LEFT_OUT.filter(({ file }) => file.test(path));
      if (cuts.length === 0) return undefined;
      const contents = cuts.reduce(
        (code, { text, rest }) => code.replace(text, rest),
        await readFile(path, "utf8"),
      );
      return { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
    });
  },
};
