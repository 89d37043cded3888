import { mkdir, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../contract/temporary-directory.ts";
import { type LmdbEnvironment, openLmdbEnvironment } from "./environment.ts";

const KEY = Buffer.from("key");

let directory: TemporaryDirectory;
let environment: LmdbEnvironment<"table">;
beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  environment = await openLmdbEnvironment("test store", `${directory.path}/a/b.c`, ["table"]);
});
afterEach(async () => {
  await environment.close();
  await directory.remove();
});

const put = (value: string) => environment.tables.table.putSync(KEY, Buffer.from(value));
const get = () => environment.read(() => environment.tables.table.get(KEY)?.toString());

test("creates a directory for its user alone", async () => {
  const { mode } = await stat(`${directory.path}/a/b.c`);
  expect(mode & 0o777).toBe(0o700);
});

test("writes one after the other, each seeing the one before", async () => {
  for (let turn = 0; turn < 200; turn += 1) {
    const before = await environment.write(() => {
      const seen = environment.tables.table.get(KEY)?.toString();
      put(String(turn));
      return seen;
    });
    expect(before).toBe(turn === 0 ? undefined : String(turn - 1));
  }
});

test("undoes and rejects all that share a transaction with one that throws, and goes on", async () => {
  await environment.write(() => put("before"));
  const [first, second] = await Promise.allSettled([
    environment.write(() => put("undone")),
    environment.write(() => {
      throw new Error("no space left");
    }),
  ]);
  const reason = new Error("test store (lmdb): write failed: no space left");
  expect([first, second]).toEqual([
    { status: "rejected", reason },
    { status: "rejected", reason },
  ]);
  expect(await get()).toBe("before");
  await environment.write(() => put("after"));
  expect(await get()).toBe("after");
});

test("runs an operation alone that asks for it: what it finds is committed", async () => {
  await environment.write(() => put("committed"));
  const [, alone, last] = await Promise.allSettled([
    environment.write(() => {
      put("undone");
      throw new Error("after the put");
    }),
    environment.writeAlone(() => environment.tables.table.get(KEY)?.toString()),
    environment.write(() => put("last")),
  ]);
  expect(alone).toEqual({ status: "fulfilled", value: "committed" });
  expect(last.status).toBe("fulfilled");
  expect(await get()).toBe("last");
});

test("finishes what is under way when closed, twice if need be, and refuses the rest", async () => {
  const under = environment.write(() => put("kept"));
  const closed = Promise.all([environment.close(), environment.close()]);
  await expect(environment.write(() => put("late"))).rejects.toThrow("test store (lmdb): closed");
  await Promise.all([under, closed]);
  await expect(get()).rejects.toThrow("test store (lmdb): closed");
  environment = await openLmdbEnvironment("test store", `${directory.path}/a/b.c`, ["table"]);
  expect(await get()).toBe("kept");
});

test("names the store and the reason when it cannot be opened", async () => {
  await writeFile(`${directory.path}/file`, "");
  const opened = openLmdbEnvironment("test store", `${directory.path}/file`, ["table"]);
  await expect(opened).rejects.toThrow(/^test store \(lmdb\): cannot open .*\/file: EEXIST/);
  await mkdir(`${directory.path}/broken`);
  await writeFile(`${directory.path}/broken/data.mdb`, Buffer.alloc(100_000, 1));
  await expect(openLmdbEnvironment("test store", `${directory.path}/broken`, ["table"])).rejects.toThrow(
    /^test store \(lmdb\): cannot open .*\/broken: /,
  );
});
