import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockDataDirectory } from "./lock-data-directory.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-lock-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it("is held by one at a time, and let go", async () => {
  const first = new AsyncDisposableStack();
  await lockDataDirectory(directory, first);
  const second = new AsyncDisposableStack();
  await expect(lockDataDirectory(directory, second)).rejects.toThrow(
    `${directory} is in use by another dit process`,
  );
  await first.disposeAsync();
  await lockDataDirectory(directory, second);
  await second.disposeAsync();
});

it("ends with a process that was killed", async () => {
  const program = `import { lockDataDirectory } from ${JSON.stringify(new URL("lock-data-directory.ts", import.meta.url).href)};
    await lockDataDirectory(${JSON.stringify(directory)}, new AsyncDisposableStack());
    console.log("held");
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  await using cleanup = new AsyncDisposableStack();
  await expect(lockDataDirectory(directory, cleanup)).rejects.toThrow("in use");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await lockDataDirectory(directory, cleanup);
});
