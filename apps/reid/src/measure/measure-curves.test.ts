import { webCryptoRandomBytes } from "@dit/crypto-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fillWindow, makeUseCase, openTestStores, type TestStores, WINDOW } from "../../test/harness.ts";
import { CURVE_KS, measureCurves } from "./measure-curves.ts";
import { measureUseCase } from "./measure-use-case.ts";
import { drawHashKey } from "./value-hash.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

const integer = { type: "integer", min: 0, max: 2 ** 40 } as const;

async function curvesOf(useCase: string, people: number, values: Record<string, string>) {
  const document = makeUseCase(
    useCase,
    Object.fromEntries(Object.keys(values).map((name) => [name, integer])),
  );
  await fillWindow(stores.warehouse, document, { window: WINDOW, people, values });
  const key = drawHashKey(webCryptoRandomBytes);
  const entry = { version: 1, document, blockedFields: {} };
  const fields = await measureUseCase(stores.warehouse, entry, WINDOW, key, () => false);
  return measureCurves(stores.warehouse, entry, WINDOW, fields, key);
}

it("counts values and pids below each k as they are, where all are looked at", async () => {
  // Five people to a value; and twenty values of 90 people beside 200 of one.
  const curves = await curvesOf("exact", 2_000, {
    fives: "intDiv(person, 5)",
    mixed: "if(person < 1800, intDiv(person, 90), 10000 + person)",
  });
  expect(curves).toEqual([
    { event: "sent", field: "fives", valuesBelow: [0, 0, 1, 1, 1, 1], pidsBelow: [0, 0, 1, 1, 1, 1] },
    {
      event: "sent",
      field: "mixed",
      valuesBelow: [...CURVE_KS.slice(0, 5).map(() => 200 / 220), 1],
      pidsBelow: [0.1, 0.1, 0.1, 0.1, 0.1, 1],
    },
  ]);
});

it("comes near it on samples", { timeout: 90_000 }, async () => {
  // Half of the people have a value with two others, half share one with 49 others.
  const half = 60_000;
  const [curve] = await curvesOf("sampled", 2 * half, {
    value: `if(person < ${half}, intDiv(person, 3), ${half} + intDiv(person, 50))`,
  });
  const [ofThree, ofFifty] = [half / 3, half / 50];
  const share = ofThree / (ofThree + ofFifty);
  const near = (shares: readonly number[] | undefined, expected: readonly number[]) => {
    for (const [index, each] of expected.entries())
      expect(Math.abs((shares?.[index] ?? 9) - each)).toBeLessThan(0.03);
  };
  near(curve?.valuesBelow, [0, share, share, share, share, 1]);
  near(curve?.pidsBelow, [0, 0.5, 0.5, 0.5, 0.5, 1]);
});
