import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLocalPostgres, type LocalPostgres } from "./postgres.ts";
import { probePostgres } from "./probe-postgres.ts";

let directory: string;
let engine: LocalPostgres;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-local-postgres-"));
  engine = await createLocalPostgres({ directory });
});
afterAll(async () => {
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

it("answers at the same place after it was stopped and after it was killed, and not in between", async () => {
  const port = Number(new URL(engine.url).port);
  for (const end of [engine.stop, engine.kill]) {
    await engine.start();
    await probePostgres(port, "dit");
    const { pid } = engine;
    await end();
    await expect(probePostgres(port, "dit")).rejects.toThrow("ECONNREFUSED");
    expect(() => engine.pid).toThrow("postgres does not run");
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  }
  await engine.start();
});

it("leaves no server process behind that would keep it from starting again", async () => {
  const children = await readFile(`/proc/${engine.pid}/task/${engine.pid}/children`, "utf8");
  await engine.kill();
  const states = await Promise.all(
    children
      .trim()
      .split(" ")
      .map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") X")),
  );
  expect(states.length).toBeGreaterThan(2);
  expect(states.filter((state) => !/\) [XZ]/.test(state))).toEqual([]);
  await engine.start();
});

it("does not run as root, and lets nobody in without a password", async () => {
  expect(await readFile(`/proc/${engine.pid}/status`, "utf8")).not.toMatch(/^Uid:\s+0/m);
  const rules = await readFile(join(engine.dataDirectory, "pg_hba.conf"), "utf8");
  expect(rules.trim().split("\n")).toEqual(["host all all 127.0.0.1/32 scram-sha-256"]);
});
