import { expect, it } from "vitest";
import { createLogger } from "./logger.ts";
import { createOutageLog } from "./outage-log.ts";

it("says that an outage begins and that it ends, once each", () => {
  const lines: string[] = [];
  const logger = createLogger({ service: "test", write: (line) => lines.push(line) });
  const outage = createOutageLog(logger, "acs");
  outage.worked();
  for (let n = 0; n < 3; n++) outage.failed(new TypeError("alice"));
  for (let n = 0; n < 3; n++) outage.worked();
  outage.failed(new TypeError("alice"));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "error", event: "dependency.failed", dependency: "acs", reason: "TypeError" },
    { level: "info", event: "dependency.recovered", dependency: "acs" },
    { level: "error", event: "dependency.failed", dependency: "acs", reason: "TypeError" },
  ]);
  expect(lines.join()).not.toContain("alice");
});
