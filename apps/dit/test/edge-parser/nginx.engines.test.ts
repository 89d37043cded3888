import { describe } from "vitest";
import { describeBounds } from "./describe-bounds.ts";
import { describeSlowloris } from "./describe-slowloris.ts";
import { describeSmuggling } from "./describe-smuggling.ts";
import { startNginxProcess } from "./nginx-process.ts";

describe("smuggling", () => describeSmuggling(startNginxProcess, { isStrict: false }));
describe("bounds", () => describeBounds(startNginxProcess));
describe("slowloris", () => describeSlowloris(startNginxProcess, { unending: ["body"] }));
