import { describe, expect, it } from "vitest";
import { decodeIntent, encodeIntent, type Intent } from "./intent.ts";

const intent: Intent = {
  to: 120,
  day: "2026-11-20",
  useCases: new Map([
    ["chat", { version: 3, goneWindows: [] }],
    ["calls", { version: 1, goneWindows: [20_700, 20_701] }],
    ["unlisted", { version: 0, goneWindows: [] }],
  ]),
};

describe("an intent", () => {
  it("comes back as it was written", () => {
    expect(decodeIntent(encodeIntent(intent))).toEqual(intent);
  });

  it.each([
    '{"to":1,"day":"2026-11-20","uses":{"__proto__":[1]}}',
    "",
    "{}",
    '{"to":0,"day":"2026-11-20","uses":{}}',
    '{"to":1,"day":"20","uses":{}}',
    "null",
  ])("is not guessed from %j", (metadata) => {
    expect(() => decodeIntent(metadata)).toThrow();
  });
});
