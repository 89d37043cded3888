import { expect, it } from "vitest";
import { UsageError } from "../command.ts";
import { parseEngineChoice } from "./engine-choice.ts";

it.each([
  ["kafka", { redis: false, postgres: false }],
  ["kafka, redis", { redis: true, postgres: false }],
  ["postgres,kafka,redis,clickhouse", { redis: true, postgres: true }],
])("takes %s", (text, choice) => {
  expect(parseEngineChoice(text)).toEqual(choice);
});

it.each([
  ["redis,postgres", "needs kafka"],
  ["", "and not"],
  ["kafka,lmdb", 'and not "lmdb"'],
])("refuses %j, and says why", (text, words) => {
  expect(() => parseEngineChoice(text)).toThrow(UsageError);
  expect(() => parseEngineChoice(text)).toThrow(words);
});
