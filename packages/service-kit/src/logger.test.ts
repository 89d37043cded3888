import { describe, expect, it } from "vitest";
import { createManualClock } from "./clock.ts";
import type { LogFields } from "./log-fields.ts";
import { createLogger, type LogEvent, type LogLevel } from "./logger.ts";

const token = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE";

function recorder(level: LogLevel = "info") {
  const lines: string[] = [];
  const clock = createManualClock(Date.UTC(2026, 0, 2));
  const logger = createLogger({ service: "acs", level, clock, write: (line) => lines.push(line) });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "null") };
}

/** What a careless caller could do, past the types. */
const cast = (fields: Record<string, unknown>) => fields as LogFields;

describe("the logger", () => {
  it("writes one JSON line an event", () => {
    const { logger, lines, last } = recorder();
    logger.info("use_cases.changed", { count: 3, useCase: "app_performance" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("\n");
    expect(last()).toEqual({
      at: "2026-01-02T00:00:00.000Z",
      level: "info",
      service: "acs",
      event: "use_cases.changed",
      count: 3,
      useCase: "app_performance",
    });
  });

  it.each([
    "account",
    "address",
    "ip",
    "userAgent",
    "token",
    "mac",
    "pseudonym",
    "pid",
    "message",
    "error",
    "url",
    "body",
    "__proto__",
    "toString",
  ])("refuses the field %s, which is not in the table, and its text", (field) => {
    const { logger, lines, last } = recorder();
    logger.error("request.failed", cast(JSON.parse(`{"${field}": "203.0.113.9", "count": 1}`)));
    expect(lines.join()).not.toContain("203.0.113.9");
    expect(last()).toMatchObject({ count: 1, droppedFields: 1 });
  });

  it.each([
    ["a token as a name", { reason: token }],
    ["an address as a name", { reason: "203.0.113.9" }],
    ["an account as a name", { useCase: "alice@example.com" }],
    ["a sentence as a name", { reason: "no such user" }],
    ["a token in a route", { route: `/v1/tokens/${token}` }],
    ["a query in a route", { route: "/v1/keys?account=alice" }],
    ["text as a number", { count: "alice" }],
    ["an object as a name", { code: { account: "alice" } }],
    ["an object that becomes text", { code: { toJSON: () => "alice" } }],
    ["a list", { count: [1, 2] }],
    ["text as an offset", { offset: token }],
    ["a long text as a version", { version: "1.2.3-alice" }],
  ])("refuses %s in an allowed field", (_, fields) => {
    const { logger, last } = recorder();
    logger.info("thing.happened", cast(fields));
    const { at, level, service, event, droppedFields, ...others } = last();
    expect(droppedFields).toBe(1);
    expect(others).toEqual({});
  });

  it("refuses an event that is not an identifier, but not the line", () => {
    const { logger, last } = recorder();
    for (const event of ["user alice.logged in", `token.${token}`, "Request.Failed", "plain"]) {
      logger.info(event as LogEvent, { count: 1 });
      expect(last()).toMatchObject({ event: "log.event_refused", count: 1 });
    }
  });

  it("takes the values it is meant for", () => {
    const { logger, last } = recorder();
    const fields = {
      route: "/v1/use-cases/:useCase/tokens",
      reason: "ECONNREFUSED",
      code: "dependency_unavailable",
      offset: "9223372036854775807",
      version: "1.2.3",
      durationMs: 0.5,
    };
    logger.warn("request.failed", fields);
    expect(last()).toMatchObject(fields);
    expect(last()).not.toHaveProperty("droppedFields");
  });

  it("does not count a field left undefined as dropped", () => {
    const { logger, last } = recorder();
    logger.info("thing.happened", { useCase: undefined });
    expect(last()).not.toHaveProperty("droppedFields");
  });

  it("keeps quiet below its level", () => {
    const { logger, lines } = recorder("warn");
    logger.info("thing.happened");
    logger.warn("thing.happened");
    logger.error("thing.happened");
    expect(lines).toHaveLength(2);
  });
});
