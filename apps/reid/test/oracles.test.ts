import { webCryptoRandomBytes } from "@dit/crypto-core";
import type { Warehouse } from "@dit/storage";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overlapOf } from "../src/measure/containment.ts";
import { type MeasuredField, measureUseCase } from "../src/measure/measure-use-case.ts";
import { drawHashKey } from "../src/measure/value-hash.ts";
import { fillWindow, makeUseCase, openTestStores, type TestStores, WINDOW } from "./harness.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

const key = drawHashKey(webCryptoRandomBytes);
const integer = { type: "integer", min: 0, max: 2 ** 40 } as const;

/** The one field of a use case of its own, one value a person as given by SQL. */
async function measureField(useCase: string, value: string, people: number, k = 11): Promise<MeasuredField> {
  const document = makeUseCase(useCase, { value: integer }, { k });
  await fillWindow(stores.warehouse, document, { window: WINDOW, people, values: { value } });
  return measured(stores.warehouse, document, WINDOW);
}

async function measured(warehouse: Warehouse, document: ReturnType<typeof makeUseCase>, window: number) {
  const entry = { version: 1, document, blockedFields: {} };
  const [field] = await measureUseCase(warehouse, entry, window, key, () => false);
  if (field === undefined) throw new Error("nothing was measured");
  return field;
}

describe("figures that others have published", () => {
  it("are found for the uniqueness distribution of Presto's and Velox's tests", async () => {
    const pairs = [0, 0, 1, 0, 1, 1, 2, 0, 2, 1, 3, 0, 3, 1, 3, 2];
    const values = pairs.filter((_, index) => index % 2 === 0);
    const people = pairs.filter((_, index) => index % 2 === 1);
    const shareBelow = async (k: number) => {
      const document = makeUseCase(`presto_${k}`, { value: integer }, { k });
      await fillWindow(stores.warehouse, document, {
        window: WINDOW,
        people: values.length,
        values: { value: `[${values.join(", ")}][person + 1]` },
        who: `[${people.join(", ")}][person + 1]`,
      });
      const { measurement } = await measured(stores.warehouse, document, WINDOW);
      return [measurement.potential2.share, measurement.potentialK.share];
    };
    expect(await shareBelow(2)).toEqual([0.25, 0.25]);
    expect(await shareBelow(3)).toEqual([0.25, 0.75]);
    expect(await shareBelow(4)).toEqual([0.25, 1]);
  });

  it("are found for the intersection of 0..4999 and 2500..5499, and the Jaccard index of 0..99999 and 0..149999", async () => {
    const a = await measureField("presto_a", "person", 5_000);
    const b = await measureField("presto_b", "person + 2500", 3_000);
    const shared = (overlapOf(a.sample, b.sample)?.containment.share ?? 0) * 5_000;
    expect(Math.abs(shared - 2_500)).toBeLessThan(0.05 * 2_500);
    const c = await measureField("presto_c", "person", 100_000);
    const d = await measureField("presto_d", "person", 150_000);
    expect(overlapOf(c.sample, d.sample)?.jaccard).toBeCloseTo(2 / 3, 1);
    expect(overlapOf(c.sample, a.sample)?.containment.share).toBeCloseTo(0.05, 1);
  });

  it("are found for the share of people who are alone in their ZIP code with their birthday and sex", async () => {
    // z people in a ZIP, d cells of birth date and sex: (1 - 1/d)^(z - 1) of them are alone.
    const z = 9_330;
    const d = 56_940;
    const { measurement } = await measureField("sweeney", `sipHash64(person, 7) % ${d}`, z, 2);
    const expected = (1 - 1 / d) ** (z - 1);
    expect(expected).toBeCloseTo(0.8489, 4);
    const error = Math.sqrt((expected * (1 - expected)) / z);
    expect(Math.abs(measurement.exposedPids.share - expected)).toBeLessThan(4 * error);
  });
});
