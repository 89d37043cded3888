import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkWorkspace } from "./directions/check-workspace.ts";
import { readWorkspace } from "./directions/read-workspace.ts";
import { formatFindings } from "./finding.ts";
import { plantFiles } from "./testing/plant-files.ts";

const manifest = (name: string, dependencies: string[], exports: Record<string, string> = {}) =>
  JSON.stringify({
    name: `@dit/${name}`,
    exports: { ".": "./src/index.ts", ...exports },
    dependencies: Object.fromEntries(dependencies.map((each) => [each, "*"])),
    devDependencies: { vitest: "*", "@clickhouse/client": "*", "@dit/local": "*" },
  });

/** A house in order: every rule has something here that it lets pass. */
const clean: Record<string, string> = {
  "packages/crypto-core/package.json": manifest("crypto-core", ["libsodium-wrappers-sumo"], {
    "./libsodium": "./src/libsodium.ts",
  }),
  "packages/crypto-core/src/index.ts": `export { epoch } from "./epoch.ts";`,
  "packages/crypto-core/src/epoch.ts": `export const epoch = 1;`,
  "packages/crypto-core/src/libsodium.ts": `import sodium from "libsodium-wrappers-sumo";`,
  "packages/protocol/package.json": manifest("protocol", ["@dit/crypto-core", "zod"], {
    "./schemas": "./src/schemas.ts",
  }),
  "packages/protocol/src/index.ts": `import { epoch } from "@dit/crypto-core";\nexport type { A } from "./schemas.ts";`,
  "packages/protocol/src/schemas.ts": `import { z } from "zod";\nimport { limits } from "./limits.ts";`,
  "packages/protocol/src/limits.ts": `import type { A } from "./schemas.ts";\nexport const limits = 1;`,
  "packages/storage/package.json": manifest("storage", ["lmdb"], {
    "./counters/lmdb": "./src/counters/lmdb.ts",
    "./engines": "./src/engines.ts",
  }),
  "packages/storage/src/index.ts": `export type { Counters } from "./counters/lmdb.ts";`,
  "packages/storage/src/engines.ts": `const driver = import("./counters/lmdb.ts");`,
  "packages/storage/src/counters/lmdb.ts": `import { open } from "lmdb";`,
  "packages/storage/src/counters/contract.ts": `import { it } from "vitest";`,
  "packages/client/package.json": manifest("client", ["@dit/crypto-core", "@dit/protocol"]),
  "packages/client/src/index.ts": `import type { A } from "@dit/protocol/schemas";\nexport { core } from "./core/core.ts";`,
  "packages/client/src/core/core.ts": `import { epoch } from "@dit/crypto-core";\nexport const core = 1;`,
  "packages/client/src/core/core.test.ts": `import { readFileSync } from "node:fs";\nimport { it } from "vitest";`,
  "packages/client/src/platform/node.ts": `import { readFileSync } from "node:fs";`,
  "apps/acs/package.json": manifest("acs", ["@dit/storage"]),
  "apps/acs/src/index.ts": `export { app } from "./app.ts";`,
  "apps/acs/src/app.ts": `import type { Counters } from "@dit/storage";\nexport const app = 1;`,
  "apps/acs/src/main.ts": `import { open } from "@dit/storage/counters/lmdb";`,
  "apps/acs/test/app.test.ts": `import { open } from "@dit/storage/counters/lmdb";\nimport { createClient } from "@clickhouse/client";`,
  "apps/acs/test/redis.test.ts": `import { engine } from "@dit/local";`,
  "infra/local/package.json": manifest("local", []),
  "infra/local/src/index.ts": `export const engine = 1;`,
  "apps/dit/package.json": manifest("dit", ["@dit/acs", "@dit/storage"]),
  "apps/dit/src/index.ts": `const { app } = await import("@dit/acs");\nconst driver = import("@dit/storage/counters/lmdb");`,
  "apps/bench/package.json": manifest("bench", []),
  "apps/bench/src/main.ts": `import { it } from "vitest";`,
};

function findingsIn(changed: Record<string, string>): string[] {
  const root = plantFiles({ ...clean, ...changed });
  try {
    return formatFindings(checkWorkspace(readWorkspace(root)));
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe("check-directions", () => {
  it("lets a clean tree pass", () => {
    expect(findingsIn({})).toEqual([]);
  });

  it.each<[rule: string, file: string, text: string, finding: string]>([
    [
      "a wrong direction",
      "packages/crypto-core/src/epoch.ts",
      `\nimport { a } from "@dit/protocol";`,
      "packages/crypto-core/src/epoch.ts:2  packages/crypto-core may not import @dit/protocol (it may import: nothing)",
    ],
    [
      "a service that imports another, by dynamic import, in a test",
      "apps/acs/test/app.test.ts",
      `await import("@dit/dit");`,
      "apps/acs/test/app.test.ts:1  apps/acs may not import @dit/dit",
    ],
    [
      "an engine for tests, in code that ships",
      "apps/acs/src/app.ts",
      `\nimport { engine } from "@dit/local";`,
      "apps/acs/src/app.ts:2  apps/acs may not import @dit/local",
    ],
    [
      "a wrong direction of types alone",
      "packages/crypto-core/src/epoch.ts",
      `export const a: import("@dit/protocol").A = 1;`,
      "packages/crypto-core/src/epoch.ts:1  packages/crypto-core may not import @dit/protocol",
    ],
    [
      "a service that picks a driver",
      "apps/acs/src/app.ts",
      `import { open } from "@dit/storage/counters/lmdb";`,
      "apps/acs/src/app.ts:1  @dit/storage/counters/lmdb is a driver: only main.ts",
    ],
    [
      "a service that picks a driver by a URL",
      "apps/acs/src/app.ts",
      `import { openCounters } from "@dit/storage/engines";`,
      "apps/acs/src/app.ts:1  @dit/storage/engines opens drivers: only main.ts",
    ],
    [
      "a driver's library outside storage",
      "apps/dit/src/index.ts",
      `import { createClient } from "@clickhouse/client";`,
      "apps/dit/src/index.ts:1  @clickhouse/client may be imported only by the drivers in packages/storage/src/",
    ],
    [
      "zod in the client",
      "packages/client/src/platform/node.ts",
      `import { type A } from "@dit/protocol/schemas";`,
      "packages/client/src/platform/node.ts:1  @dit/protocol/schemas carries zod",
    ],
    [
      "a built-in module in the client's core",
      "packages/client/src/core/extra.ts",
      `import { readFileSync } from "node:fs";`,
      "packages/client/src/core/extra.ts:1  client/src/core runs everywhere: node:fs belongs in platform/",
    ],
    [
      "a platform in the client's core",
      "packages/client/src/core/extra.ts",
      `import type { A } from "../platform/node.ts";`,
      "packages/client/src/core/extra.ts:1  client/src/core may not import platform/",
    ],
    [
      "an undeclared library",
      "apps/acs/src/app.ts",
      `export { z } from "zod/mini";`,
      "apps/acs/src/app.ts:1  zod is not in apps/acs/package.json",
    ],
    [
      "an undeclared package of the workspace",
      "apps/acs/src/app.ts",
      `export * from "@dit/protocol";`,
      "apps/acs/src/app.ts:1  @dit/protocol is not in apps/acs/package.json",
    ],
    [
      "a devDependency in code that ships",
      "apps/acs/src/app.ts",
      `import { it } from "vitest";`,
      "apps/acs/src/app.ts:1  vitest is only a devDependency of apps/acs",
    ],
    [
      "a relative import that leaves its package",
      "apps/acs/src/app.ts",
      `import { a } from "../../../packages/protocol/src/index.ts";`,
      `apps/acs/src/app.ts:1  "../../../packages/protocol/src/index.ts" leaves apps/acs`,
    ],
    [
      "an entry that is not exported",
      "apps/acs/src/app.ts",
      `import { a } from "@dit/storage/counters";`,
      `apps/acs/src/app.ts:1  @dit/storage does not export "./counters"`,
    ],
    [
      "an import cycle",
      "packages/protocol/src/limits.ts",
      `\n\nexport { a } from "./schemas.ts";`,
      "packages/protocol/src/limits.ts:3  import cycle: packages/protocol/src/limits.ts -> packages/protocol/src/schemas.ts -> packages/protocol/src/limits.ts",
    ],
    [
      "an import cycle through the package's own name",
      "packages/protocol/src/limits.ts",
      `import { a } from "@dit/protocol/schemas";`,
      "packages/protocol/src/limits.ts:1  import cycle:",
    ],
    [
      "a package that is not in the table",
      "apps/extra/package.json",
      manifest("extra", []),
      "apps/extra/package.json:1  apps/extra is not in the table",
    ],
    [
      "a package with another's name",
      "apps/acs/package.json",
      manifest("crypto-core", ["@dit/storage"]),
      `apps/acs/package.json:1  the name "@dit/crypto-core" does not follow from the folder apps/acs`,
    ],
    [
      "a driver in the ports' own entry",
      "packages/storage/src/index.ts",
      `export { open } from "./counters/lmdb.ts";`,
      "packages/storage/src/counters/lmdb.ts:1  loads lmdb, and packages/storage/src/index.ts loads this file",
    ],
    [
      "zod that reaches the client through another package",
      "packages/protocol/src/index.ts",
      `export { a } from "./schemas.ts";`,
      "packages/protocol/src/schemas.ts:1  loads zod, and packages/protocol/src/index.ts loads this file",
    ],
  ])("finds %s", (_rule, file, text, finding) => {
    expect(findingsIn({ [file]: text })).toContainEqual(expect.stringContaining(finding));
  });

  it("names each cycle once", () => {
    const around = { "packages/protocol/src/limits.ts": `import "./schemas.ts";` };
    expect(findingsIn(around).filter((line) => line.includes("import cycle"))).toHaveLength(1);
  });

  it("refuses a file that it cannot read", () => {
    expect(() => findingsIn({ "apps/acs/src/app.ts": "import {" })).toThrow("apps/acs/src/app.ts");
  });
});
