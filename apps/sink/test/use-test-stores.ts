import { afterAll, beforeAll } from "vitest";
import { openTestStores, type TestStores } from "./harness.ts";

/** The stores of a test file, open while its tests run; on a server where `DIT_TEST_CLICKHOUSE_URL` names one. */
export function useTestStores(): Omit<TestStores, "close"> {
  const url = process.env.DIT_TEST_CLICKHOUSE_URL;
  let stores: TestStores | undefined;
  const opened = () => {
    if (stores === undefined) throw new Error("the stores are open only while tests run");
    return stores;
  };
  beforeAll(async () => {
    stores = await openTestStores(url);
  });
  afterAll(() => stores?.close());
  return {
    get warehouse() {
      return opened().warehouse;
    },
    open: () => opened().open(),
    openPair: () => opened().openPair(),
  };
}
