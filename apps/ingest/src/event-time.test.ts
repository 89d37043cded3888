import { LIMITS } from "@dit/protocol";
import { expect, test } from "vitest";
import { coarsenedTime, eventTimeFault } from "./event-time.ts";

const NOW = 1_768_480_220;
const oldest = NOW - LIMITS.maxEventAgeSeconds;
const furthest = NOW + LIMITS.maxEventAheadSeconds;

test.each([
  [oldest - 1, "too_old"],
  [oldest, undefined],
  [NOW, undefined],
  [furthest, undefined],
  [furthest + 1, "too_far_ahead"],
])("an event at %i is %s", (at, fault) => expect(eventTimeFault(at, NOW)).toBe(fault));

test.each([
  [0, 60, 0],
  [59, 60, 0],
  [60, 60, 60],
  [86_399, 86_400, 0],
  [NOW, 1, NOW],
])("%i in steps of %i is %i", (at, step, expected) => expect(coarsenedTime(at, step)).toBe(expected));
