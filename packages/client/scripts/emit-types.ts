import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
const TSC = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

/** Where the types of a workspace package's entry are, under the folder of all emitted types. */
const ENTRIES: Readonly<Record<string, string>> = {
  "@dit/crypto-core": "crypto-core/src/index.js",
  "@dit/protocol": "protocol/src/index.js",
  "@dit/protocol/schemas": "protocol/src/schemas.js",
};

/**
 * Writes `index.d.ts` and `node.d.ts` into `dist`, and under `types/` the declarations they lead to, those of the workspace's
 * packages with them. What is left to import is zod, for its types alone: the use-case document is inferred from its schema.
 */
export async function emitTypes(dist: URL): Promise<void> {
  const emitted = await mkdtemp(join(tmpdir(), "dit-types-"));
  try {
    for (const name of ["client", "protocol", "crypto-core"]) emitPackage(name, emitted);
    const target = fileURLToPath(new URL("types/", dist));
    await rm(target, { recursive: true, force: true });
    await copyReachable(emitted, target, ["client/src/index.js", "client/src/platform/node.js"]);
  } finally {
    await rm(emitted, { recursive: true });
  }
  await writeFile(new URL("index.d.ts", dist), `export * from "./types/client/src/index.js";\n`);
  await writeFile(new URL("node.d.ts", dist), `export * from "./types/client/src/platform/node.js";\n`);
}

function emitPackage(name: string, outDir: string): void {
  const project = join(PACKAGES, name, "tsconfig.json");
  const emit = [
    "--noEmit",
    "false",
    "--declaration",
    "--emitDeclarationOnly",
    "--rewriteRelativeImportExtensions",
  ];
  execFileSync(TSC, ["-p", project, ...emit, "--rootDir", PACKAGES, "--outDir", outDir], {
    stdio: "inherit",
  });
}

async function copyReachable(from: string, to: string, modules: readonly string[]): Promise<void> {
  const seen = new Set(modules);
  for (const module of seen) {
    const file = module.replace(/\.js$/, ".d.ts");
    const text = await readFile(join(from, file), "utf8");
    const rewritten = text.replace(
      /(from |import\()"([^"]+)"/g,
      (whole, keyword: string, specifier: string) => {
        const isRelative = specifier.startsWith(".");
        const found = isRelative
          ? relative(from, resolve(from, dirname(file), specifier))
          : ENTRIES[specifier];
        if (found === undefined) return whole;
        const path = found.replace(/\.ts$/, ".js");
        seen.add(path);
        const target = relative(dirname(file), path);
        return `${keyword}"${target.startsWith(".") ? target : `./${target}`}"`;
      },
    );
    await mkdir(dirname(join(to, file)), { recursive: true });
    await writeFile(join(to, file), rewritten);
  }
}
