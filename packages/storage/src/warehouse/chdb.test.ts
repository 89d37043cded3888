import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { openChdbWarehouse } from "./chdb.ts";
import { describeWarehouseContract, warehouseContract } from "./contract.ts";
import type { Warehouse } from "./warehouse.ts";

async function openChdbSubject(): Promise<Subject<Warehouse>> {
  const { path, remove } = await makeTemporaryDirectory();
  const module = new URL("./chdb.ts", import.meta.url).href;
  return openSubject({ module, name: "openChdbWarehouse", options: { path: `${path}/warehouse` } }, remove);
}

describeWarehouseContract("chdb", openChdbSubject);

test("the contract catches a driver that forgets the token, and one that shares it", async () => {
  const faults = {
    "skips a batch whose token it has seen, also after it was opened again": () => crypto.randomUUID(),
    "takes equal rows under another token: the token decides, not the rows": () => "shared",
  };
  for (const [promise, token] of Object.entries(faults)) {
    const subject = await openChdbSubject();
    const { store } = subject;
    const faulty: Warehouse = {
      ...store,
      insert: (insert) => store.insert({ ...insert, deduplicationToken: token() }),
    };
    await expect(warehouseContract[promise]?.({ ...subject, store: faulty })).rejects.toThrow(
      /to deeply equal/,
    );
    await subject.destroy();
  }
});

test("a process has one warehouse path, and the directory is its user's alone", async () => {
  const subject = await openChdbSubject();
  const { path } = subject.opener.options;
  expect((await stat(String(path))).mode & 0o777).toBe(0o700);
  await expect(openChdbWarehouse({ path: `${path}-2` })).rejects.toThrow(
    /cannot open .*-2: .*one active data directory/,
  );
  const again = await openChdbWarehouse({ path: String(path) });
  expect(again.path).toBe(path);
  await again.close();
  await subject.store.check();
  await subject.destroy();
});
