import { afterAll, beforeAll } from "vitest";
import { openTestStores, type TestStores } from "./harness.ts";

/** The stores of a test file, open while its tests run. */
export function useTestStores(): Omit<TestStores, "close"> {
  let stores: TestStores | undefined;
  const opened = () => {
    if (stores === undefined) throw new Error("the stores are open only while tests run");
    return stores;
  };
  beforeAll(async () => {
    stores = await openTestStores();
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
