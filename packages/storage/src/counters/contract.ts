import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect } from "vitest";
import { startChild } from "../contract/child.ts";
import { type Contract, describeContract, type Subject } from "../contract/contract.ts";
import { KILLS, killWriters } from "../contract/kills.ts";
import { bytes, FAR_FUTURE_SECONDS, hex, SHARED, useRequest, useSharedKeys } from "./contract-requests.ts";
import type { Counters } from "./counters.ts";

const CHILD = fileURLToPath(new URL("./contract-child.ts", import.meta.url));

export const countersContract: Contract<Counters> = {
  async "counts a use once, however often it comes, and remembers that it was confirmed"({ store }) {
    const request = useRequest(1, 1, 3);
    expect(await store.use([request])).toEqual([{ outcome: "reserved", uses: 1 }]);
    expect(await store.use([request, useRequest(1, 2, 3)])).toEqual([
      { outcome: "repeated", uses: 1 },
      { outcome: "reserved", uses: 2 },
    ]);
    await store.confirm([request]);
    await store.confirm([request]);
    expect(await store.use([request])).toEqual([{ outcome: "confirmed", uses: 2 }]);
  },

  async "refuses at the limit, and still knows what it counted"({ store }) {
    await store.use([useRequest(1, 1, 2), useRequest(1, 2, 2)]);
    expect(await store.use([useRequest(1, 3, 2), useRequest(1, 1, 2)])).toEqual([
      { outcome: "exhausted", uses: 2 },
      { outcome: "repeated", uses: 2 },
    ]);
  },

  async "never goes over the limit, whatever is asked at once"({ store }) {
    let key = 0;
    const batches = fc.array(fc.array(fc.nat(20), { minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 12 }), async (memberBatches, limit) => {
        key += 1;
        const results = await Promise.all(
          memberBatches.map((members) => store.use(members.map((member) => useRequest(key, member, limit)))),
        );
        const distinct = new Set(memberBatches.flat()).size;
        const reserved = results.flat().filter(({ outcome }) => outcome === "reserved");
        const counted = reserved.map(({ uses }) => uses).toSorted((a, b) => a - b);
        expect(counted).toEqual(Array.from({ length: Math.min(limit, distinct) }, (_, index) => index + 1));
      }),
      { numRuns: 60 },
    );
  },

  async "never goes over the limit from several processes and handles"(subject) {
    const handles = [subject.store, (await subject.openAnother?.()) ?? subject.store];
    const children = [1, 2].map(() => startChild(CHILD, subject.opener, "share"));
    await Promise.all(children.map((child) => child.said(1)));
    const results = await Promise.all(handles.map((store) => useSharedKeys(store)));
    await Promise.all(children.map((child) => child.exited()));
    const byChildren = children.map(({ lines }) => Number(lines.at(-1)));
    expect([...results, ...byChildren].reduce((sum, reserved) => sum + reserved)).toBe(
      SHARED.keys * SHARED.limit,
    );
  },

  async "leaves a confirmation of something unknown alone"({ store }) {
    await store.confirm([useRequest(1, 1, 1)]);
    expect(await store.use([useRequest(1, 1, 1)])).toEqual([{ outcome: "reserved", uses: 1 }]);
    await store.confirm([useRequest(1, 2, 1)]);
    expect(await store.use([useRequest(1, 2, 1)])).toEqual([{ outcome: "exhausted", uses: 1 }]);
  },

  async "confirms what it is told to, and nothing that is counted after it"({ store }) {
    await store.use([useRequest(1, 1, 3), useRequest(1, 2, 3)]);
    await store.confirm([useRequest(1, 1, 3), useRequest(1, 2, 3)]);
    const later = [useRequest(2, 1, 3), useRequest(2, 2, 3), useRequest(3, 1, 3)];
    await store.use(later);
    expect((await store.use(later)).map(({ outcome }) => outcome)).toEqual([
      "repeated",
      "repeated",
      "repeated",
    ]);
  },

  async "gives an amount whole or not at all"({ store }) {
    const take = (amount: number) =>
      store.take({ key: bytes(16, 1), amount, limit: 10, expiresAtSeconds: FAR_FUTURE_SECONDS });
    expect(await take(7)).toEqual({ granted: true, remaining: 3 });
    expect(await take(4)).toEqual({ granted: false, remaining: 3 });
    expect(await take(3)).toEqual({ granted: true, remaining: 0 });
    expect(await take(1)).toEqual({ granted: false, remaining: 0 });
  },

  async "never gives more than there is, whatever is taken at once"({ store }) {
    let key = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
        async (amounts) => {
          key += 1;
          const limit = 20;
          const request = { key: bytes(16, key), limit, expiresAtSeconds: FAR_FUTURE_SECONDS };
          const results = await Promise.all(amounts.map((amount) => store.take({ ...request, amount })));
          const given = amounts
            .filter((_, index) => results[index]?.granted)
            .reduce((sum, amount) => sum + amount, 0);
          expect(given).toBeLessThanOrEqual(limit);
          for (const [index, { granted }] of results.entries()) {
            if (!granted) expect(given + (amounts[index] ?? 0)).toBeGreaterThan(limit);
          }
          expect((await store.take({ ...request, amount: limit + 1 })).remaining).toBe(limit - given);
        },
      ),
      { numRuns: 60 },
    );
  },

  async "keeps uses and amounts apart, and keys of different expiry"({ store }) {
    await store.take({ key: bytes(16, 1), amount: 5, limit: 5, expiresAtSeconds: FAR_FUTURE_SECONDS });
    const later = { ...useRequest(1, 1, 1), expiresAtSeconds: FAR_FUTURE_SECONDS + 1 };
    const results = await store.use([useRequest(1, 1, 1), later]);
    expect(results.map(({ outcome }) => outcome)).toEqual(["reserved", "reserved"]);
  },

  async "refuses what is asked after its own time"({ store }) {
    const expiresAtSeconds = 1_000;
    expect(await store.use([{ ...useRequest(1, 1, 5), expiresAtSeconds }])).toEqual([
      { outcome: "exhausted", uses: 0 },
    ]);
    const taken = await store.take({ key: bytes(16, 1), amount: 1, limit: 5, expiresAtSeconds });
    expect(taken).toEqual({ granted: false, remaining: 0 });
  },

  async "forgets, when swept, the keys whose time has passed, and no others"({ store }) {
    const later = { ...useRequest(1, 1, 1), expiresAtSeconds: FAR_FUTURE_SECONDS + 1 };
    const amount = { key: bytes(16, 1), amount: 1, limit: 1, expiresAtSeconds: FAR_FUTURE_SECONDS };
    await store.use([useRequest(1, 1, 1), later]);
    await store.take(amount);
    await store.sweep(FAR_FUTURE_SECONDS - 1);
    expect((await store.use([useRequest(1, 1, 1)]))[0]?.outcome).toBe("repeated");
    await store.sweep(FAR_FUTURE_SECONDS);
    expect((await store.use([useRequest(1, 2, 1), later])).map(({ outcome }) => outcome)).toEqual([
      "reserved",
      "repeated",
    ]);
    expect((await store.take(amount)).granted).toBe(true);
  },

  async "remembers everything when opened again, and refuses once closed"(subject) {
    const { store } = subject;
    await store.check();
    await store.use([useRequest(1, 1, 5), useRequest(1, 2, 5)]);
    await store.confirm([useRequest(1, 2, 5)]);
    const reopened = await subject.reopen();
    await expect(store.use([useRequest(1, 1, 5)])).rejects.toThrow(/counters.*closed/);
    await expect(store.check()).rejects.toThrow(/closed/);
    const results = await reopened.use([useRequest(1, 1, 5), useRequest(1, 2, 5)]);
    expect(results.map(({ outcome }) => outcome)).toEqual(["repeated", "confirmed"]);
  },

  async [`has everything it acknowledged after ${KILLS} kills`](subject) {
    await subject.store.close();
    const lines = (await killWriters(CHILD, subject.opener)).flat().map((line) => line.split(" "));
    const store = await subject.reopen();
    const uses = new Map(lines.map(([outcome, key, member]) => [`${key} ${member}`, outcome]));
    expect(uses.size).toBeGreaterThan(KILLS);
    for (const [use, acknowledged] of uses) {
      const [key = "", member = ""] = use.split(" ");
      const [result] = await store.use([{ ...useRequest(0, 0, 0), key: hex(key), member: hex(member) }]);
      expect(acknowledged === "confirmed" ? ["confirmed"] : ["repeated", "confirmed"]).toContain(
        result?.outcome,
      );
    }
  },
};

/** Runs the contract on what `open` opens; each check gets a store of its own, empty. */
export function describeCountersContract(name: string, open: () => Promise<Subject<Counters>>): void {
  describeContract(`${name} keeps the promises of Counters`, countersContract, open);
}
