import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { compileTokens } from "./compile-tokens.ts";

/** What a compiler says and does on a machine that this one is not. */
const compilerThat = (directory: string, script: string) => {
  const file = join(directory, "compiler");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
};

it.each<[what: string, script: string | undefined, missing: string]>([
  ["no compiler", undefined, "there is no C compiler"],
  [
    "no headers",
    `echo "tokens.c:5:10: fatal error: sodium.h: No such file or directory" >&2; exit 1`,
    "headers",
  ],
  ["no headers, by clang", `echo "error: 'sodium.h' file not found" >&2; exit 1`, "headers"],
  ["no library", `echo "/usr/bin/ld: cannot find -lsodium" >&2; exit 1`, "library"],
])("says what is missing: %s", (_what, script, missing) =>
  inTemporaryDirectory(async (directory) => {
    const compiler = script === undefined ? join(directory, "none") : compilerThat(directory, script);
    expect(await compileTokens(directory, compiler)).toEqual({ missing: expect.stringContaining(missing) });
  }),
);

it("does not call a program that does not compile a machine's lack", () =>
  inTemporaryDirectory(async (directory) => {
    const compiler = compilerThat(directory, `echo "tokens.c:7: error: expected ;" >&2; exit 1`);
    await expect(compileTokens(directory, compiler)).rejects.toThrow("expected ;");
  }));

it("measures both kinds of work, where this machine can", () =>
  inTemporaryDirectory(async (directory) => {
    const measureTokens = await compileTokens(directory);
    if ("missing" in measureTokens) return;
    expect(await measureTokens("issue", 0.01)).toBeGreaterThan(0);
    expect(await measureTokens("redeem", 0.01)).toBeGreaterThan(0);
  }));
