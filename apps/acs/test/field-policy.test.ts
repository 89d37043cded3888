import { ROUTES } from "@dit/protocol";
import type { FieldDecision } from "@dit/protocol/schemas";
import { createManualClock, type ManualClock, nowSeconds, Secret } from "@dit/service-kit";
import type { AuditRecord } from "@dit/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asAdmin, asService, call, putUseCase, useCaseDocument } from "./support/calls.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const MONITOR_SECRET = "monitor-secret-monitor-secret-monitor";
const asMonitor = { authorization: `Bearer ${MONITOR_SECRET}` };
const HOUR_SECONDS = 3_600;

let clock: ManualClock;
let stores: TestStores;
let acs: TestInstance;

beforeEach(async () => {
  clock = createManualClock(1_771_200_000_000);
  stores = await openTestStores(clock);
  acs = await createInstance(stores, clock, { config: { monitorSecret: new Secret(MONITOR_SECRET) } });
  const fields = {
    latency_ms: { type: "integer", min: 0, max: 9 },
    note: { type: "string", maxLength: 9 },
  } as const;
  await putUseCase(
    acs,
    useCaseDocument({ events: { message_delivered: { fields }, constructor: { fields } } }),
  );
});
afterEach(() => stores.close());

const note = {
  event: "message_delivered",
  field: "note",
  by: "ada",
  reason: "too many rare values",
} as const;
const block: FieldDecision = { decision: "block", ...note };

function decide(decision: object, headers: Record<string, string> = asAdmin) {
  return call(acs, "POST", ROUTES.fieldDecisions("messaging"), { headers, body: decision });
}

/** As ingest and sink are told, and as everyone is. */
async function blockedFields() {
  const list = await call(acs, "GET", ROUTES.useCases, { headers: asService });
  const keys = await call(acs, "GET", ROUTES.keys("messaging"));
  const [entry] = list.json<{ useCases: { version: number; blockedFields: object }[] }>().useCases;
  const { blockedFields: published } = keys.json<{ blockedFields: object }>();
  expect(published).toEqual(entry?.blockedFields);
  return entry;
}

async function lastAudit(): Promise<AuditRecord | undefined> {
  const answer = await call(acs, "GET", `${ROUTES.audit}?limit=1000`, { headers: asAdmin });
  return answer.json<{ entries: AuditRecord[] }>().entries.at(-1);
}

describe("a field policy", () => {
  it("blocks a field for services and clients at once, with a version of its own, and is audited", async () => {
    expect(await blockedFields()).toMatchObject({ version: 1, blockedFields: {} });
    const answer = await decide(block, asMonitor);
    expect(answer.json()).toMatchObject({
      version: 2,
      policy: { blocks: [{ event: "message_delivered", field: "note" }] },
    });
    expect(await blockedFields()).toMatchObject({
      version: 2,
      blockedFields: { message_delivered: ["note"] },
    });
    expect(await lastAudit()).toMatchObject({
      actor: "monitor",
      action: "field.blocked",
      detail: { field: "note" },
    });
  });

  it("changes nothing when the monitor says it again", async () => {
    await decide(block, asMonitor);
    expect((await decide({ ...block, reason: "still" }, asMonitor)).json()).toMatchObject({ version: 2 });
  });

  it("survives another version of the document, and counts again for a field that comes back", async () => {
    await decide(block);
    const fields = { latency_ms: { type: "integer", min: 0, max: 9 } } as const;
    await putUseCase(acs, useCaseDocument({ events: { message_delivered: { fields } } }));
    expect(await blockedFields()).toMatchObject({
      version: 3,
      blockedFields: { message_delivered: ["note"] },
    });
    expect((await decide({ ...block, field: "note" })).status).toBe(200);
  });

  it("takes names that every object has as what they are", async () => {
    expect(await blockedFields()).toMatchObject({ blockedFields: {} });
    await decide({ ...block, event: "constructor", field: "latency_ms" });
    expect(await blockedFields()).toMatchObject({ blockedFields: { constructor: ["latency_ms"] } });
    const unknown = await decide({ ...block, event: "message_delivered", field: "constructor" });
    expect([unknown.status, unknown.code]).toEqual([400, "malformed_request"]);
  });

  it("lets a named human override a block for a time, after which it is in force again", async () => {
    await decide(block, asMonitor);
    const untilSeconds = nowSeconds(clock) + HOUR_SECONDS;
    await decide({ ...note, decision: "override", untilSeconds, by: "grace" });
    expect(await blockedFields()).toMatchObject({ version: 3, blockedFields: {} });
    expect(await lastAudit()).toMatchObject({
      actor: "grace",
      action: "field.overridden",
      detail: { untilSeconds },
    });
    clock.advance(HOUR_SECONDS * 1_000 - 1_000);
    await acs.rotationJob();
    expect(await blockedFields()).toMatchObject({ version: 3 });
    clock.advance(1_000);
    await acs.rotationJob();
    expect(await blockedFields()).toMatchObject({
      version: 4,
      blockedFields: { message_delivered: ["note"] },
    });
  });

  it("is lifted by an administrator, with its overrides", async () => {
    await decide(block, asMonitor);
    await decide({ ...note, decision: "override", untilSeconds: nowSeconds(clock) + 60 });
    const answer = await decide({ ...note, decision: "unblock" });
    expect(answer.json()).toMatchObject({ policy: { blocks: [], overrides: [] } });
    expect(await blockedFields()).toMatchObject({ blockedFields: {} });
  });

  it("keeps an order to clear a field, which must be blocked first", async () => {
    const clear = { ...note, decision: "clear" };
    expect((await decide(clear)).code).toBe("malformed_request");
    await decide(block, asMonitor);
    const answer = await decide(clear);
    expect(answer.json()).toMatchObject({ policy: { clearings: [{ field: "note", by: "ada" }] } });
    expect(await lastAudit()).toMatchObject({ actor: "ada", action: "field.clearing_ordered" });
  });

  it.each([
    ["clear", {}],
    ["unblock", {}],
    ["override", { untilSeconds: 1_771_200_060 }],
  ])("refuses %s to the monitor, and everything to services and strangers", async (decision, more) => {
    await decide(block, asMonitor);
    for (const headers of [asMonitor, asService, {}]) {
      const answer = await decide({ ...note, decision, ...more }, headers);
      expect([answer.status, answer.code]).toEqual([401, "service_unauthenticated"]);
    }
    expect((await decide(block, asService)).status).toBe(401);
    expect((await call(acs, "GET", ROUTES.fieldPolicy("messaging"), { headers: asService })).status).toBe(
      401,
    );
    const policy = await call(acs, "GET", ROUTES.fieldPolicy("messaging"), { headers: asMonitor });
    expect(policy.json()).toMatchObject({ version: 2, policy: { overrides: [] } });
  });

  it.each([
    ["an override in the past", { decision: "override", untilSeconds: 1_771_200_000 }],
    ["an override for ever", { decision: "override", untilSeconds: 9_999_999_999 }],
    ["nobody's decision", { decision: "block", by: " " }],
    ["a decision without a reason", { decision: "unblock", reason: "" }],
  ])("refuses %s", async (_, change) => {
    const answer = await decide({ ...block, ...change });
    expect([answer.status, answer.code]).toEqual([400, "malformed_request"]);
  });

  it("has no monitor where no secret is set for one", async () => {
    const alone = await createInstance(stores, clock);
    const headers = { authorization: "Bearer undefined" };
    expect(
      (await call(alone, "POST", ROUTES.fieldDecisions("messaging"), { headers, body: block })).status,
    ).toBe(401);
  });
});
