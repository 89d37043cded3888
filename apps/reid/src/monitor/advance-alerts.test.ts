import { expect, it } from "vitest";
import { makeFinding } from "../../test/make-measurement.ts";
import { advanceAlerts, fieldsToBlock, type Matter } from "./advance-alerts.ts";
import type { StoredState } from "./stored-state.ts";

function matter(changes: Partial<Matter> = {}): Matter {
  const subject = { useCase: "shop", event: "sent", fields: ["model"] as const };
  return {
    ...subject,
    ...{ finding: makeFinding("warn", 0.005), window: 20_000, other: "", kind: "unknown" },
    ...changes,
  };
}

function advance(open: StoredState["alerts"], matters: readonly Matter[], atSeconds: number) {
  let drawn = 0;
  return advanceAlerts(open, matters, atSeconds, () => `${atSeconds}-${++drawn}`);
}

it("tells an alert with the same id from opening to closing", () => {
  const calm = matter({ finding: makeFinding("fine", 0) });
  const opened = advance({}, [matter()], 1);
  const escalated = advance(opened.open, [matter({ finding: makeFinding("block", 0.5) })], 2);
  const still = advance(escalated.open, [calm, calm], 3);
  const closed = advance(still.open, [calm], 4);
  const told = [opened, escalated, still, closed].flatMap((each) => each.told);
  expect(told.map(({ id, transition, level }) => [id, transition, level])).toEqual([
    ["1-1", "opened", "warn"],
    ["1-1", "escalated", "block"],
    ["1-1", "closed", "block"],
  ]);
  expect(told.map(({ openedAtSeconds, atSeconds }) => [openedAtSeconds, atSeconds])).toEqual([
    [1, 1],
    [1, 2],
    [1, 4],
  ]);
  expect(closed.open).toEqual({});
});

it("lets no alert's time run back where the clock does", () => {
  const opened = advance({}, [matter()], 100);
  const escalated = advance(opened.open, [matter({ finding: makeFinding("block", 0.5) })], 40);
  expect(escalated.told).toMatchObject([{ openedAtSeconds: 100, atSeconds: 100 }]);
});

it("keeps what one field is open for apart: by score, by pair, by the other use case", () => {
  const matters = [
    matter(),
    matter({ finding: makeFinding("warn", 0.3, { score: "linkability" }) }),
    matter({ fields: ["locale", "model"] }),
    matter({ finding: makeFinding("warn", 0.1, { score: "containment" }), other: "a.b.c" }),
    matter({ finding: makeFinding("warn", 0.1, { score: "containment" }), other: "a.b.d" }),
  ];
  expect(advance({}, matters, 1).told).toHaveLength(5);
});

it("leaves open what a run could not look at", () => {
  const opened = advance({}, [matter({ fields: ["locale", "model"] })], 1);
  const after = advance(opened.open, [matter()], 2);
  expect(Object.keys(after.open)).toHaveLength(2);
  expect(after.open).toMatchObject(opened.open);
});

it("shows what is open as it was seen last", () => {
  const opened = advance({}, [matter()], 1);
  const again = advance(opened.open, [matter({ finding: makeFinding("warn", 0.009) })], 2);
  expect(again.told).toEqual([]);
  expect(Object.values(again.open)[0]?.alert).toMatchObject({
    transition: "opened",
    value: { share: 0.009 },
  });
});

it("stops of a pair the field that tells more, and says why without a value", () => {
  const bits: Record<string, number> = { locale: 3, model: 5 };
  const pair = matter({ fields: ["locale", "model"], finding: makeFinding("block", 0.05) });
  const joined = matter({ finding: makeFinding("block", 0.5, { score: "containment" }), other: "a.b.c" });
  const entropy = (_event: string, field: string) => bits[field] ?? 0;
  expect(fieldsToBlock([pair, joined, matter()], entropy)).toEqual([
    {
      event: "sent",
      field: "model",
      reason: "exposed_pids locale with model 0.0500, at least 0.0500, over 0.01",
    },
    { event: "sent", field: "model", reason: expect.stringMatching(/^containment in a\.b\.c 0\.5000, /) },
  ]);
});
