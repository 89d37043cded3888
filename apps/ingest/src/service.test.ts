import { randomBytes } from "node:crypto";
import { mac, token } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, formatCredentialHeader, LIMITS } from "@dit/protocol";
import { describe, expect, test } from "vitest";
import { body, confirmed, nowSeconds, plainBody, refusal } from "../test/plain-report.ts";
import { PSEUDONYM, type SignedReport, screenView, signReport } from "../test/reports.ts";
import { EPOCH, type Rig, startRig, tokenText } from "../test/rig.ts";
import { EnvironmentMismatchError } from "./service.ts";

describe("a genuine report", () => {
  test("is in the log before it is answered, with no more of it than its use case says", async () => {
    const rig = await startRig();
    const fields = { screen: "home", duration_ms: 12, is_cold: true, score: 0.5, locale: "de" };
    const event = screenView(nowSeconds, fields);
    const response = await rig.send(
      signReport({ credential: rig.credential(), body: body(event), gzip: true }),
    );
    expect([response.status, await response.text()]).toEqual([202, ""]);
    expect(await rig.reports()).toEqual([
      {
        useCase: "app_usage",
        schemaVersion: 7,
        epoch: EPOCH,
        epochSeconds: 86_400,
        reportId: expect.stringMatching(/^[0-9a-f]{32}$/),
        ingestDay: "2026-01-15",
        mayRepeat: false,
        pseudonym: PSEUDONYM,
        events: [{ ...event, at: nowSeconds - (nowSeconds % 60) }],
      },
    ]);
  });

  test("sent again after its confirmation is answered the same: one use, one record", async () => {
    const rig = await startRig();
    const credential = rig.credential();
    const report = signReport({ credential, body: plainBody });
    const first = await rig.send(report);
    await confirmed(rig, 1);
    const second = await rig.send(report);
    expect([second.status, await second.text(), [...second.headers.keys()]]).toEqual([
      202,
      "",
      [...first.headers.keys()],
    ]);
    expect(await rig.reports()).toHaveLength(1);
    expect(rig.acs.usesOf(tokenText(credential))).toBe(1);
    expect(await rig.metrics.value("reports_duplicate_total")).toBe(1);
    expect(await rig.metrics.value("reports_accepted_total")).toBe(1);
    const [record] = await rig.reports();
    const appendedBytes = await rig.metrics.value("appended_bytes_total");
    expect(appendedBytes).toBe(Buffer.byteLength(JSON.stringify(record)));
    expect(await rig.metrics.value("dependency_seconds_count", { operation: "append" })).toBe(1);
    expect(await rig.metrics.value("reports_in_flight")).toBe(0);
  });

  test("sent again before its confirmation is appended again, and says that it may repeat", async () => {
    const rig = await startRig();
    rig.acs.refusesConfirmations = true;
    const credential = rig.credential();
    const report = signReport({ credential, body: plainBody });
    expect((await rig.send(report)).status).toBe(202);
    expect((await rig.send(report)).status).toBe(202);
    const [first, second] = await rig.reports();
    expect([first?.mayRepeat, second?.mayRepeat]).toEqual([false, true]);
    expect(second?.reportId).toBe(first?.reportId);
    expect(rig.acs.usesOf(tokenText(credential))).toBe(1);
    expect(await rig.metrics.value("reports_accepted_total", { attempt: "repeat" })).toBe(1);
    expect(await rig.metrics.value("events_accepted_total", { attempt: "first" })).toBe(1);
  });

  test("passes as often as the token allows, also 200 at once, and then never", async () => {
    const rig = await startRig();
    const credential = rig.credential();
    const responses = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        rig.send(signReport({ credential, body: body(screenView(nowSeconds, { duration_ms: i })) })),
      ),
    );
    const statuses = responses.map((response) => response.status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(3);
    expect(statuses.filter((status) => status === 409)).toHaveLength(197);
    expect(await rig.reports()).toHaveLength(3);
    expect(await rig.metrics.value("reports_rejected_total", { code: "token_exhausted" })).toBe(197);
  });
});

describe("a credential that is not good for this report", () => {
  const forgeries: [string, (rig: Rig) => SignedReport][] = [
    [
      "a random token and MAC",
      (rig) => ({
        ...signReport({ credential: rig.credential(), body: plainBody }),
        headers: { "content-type": "application/json", [CREDENTIAL_HEADER]: randomCredential() },
      }),
    ],
    ["a MAC over another body", (rig) => signed(rig, { body: Buffer.from("{}") })],
    ["a MAC over another use case", (rig) => signed(rig, { useCase: "other" })],
    ["a MAC over another epoch", (rig) => signed(rig, { epoch: EPOCH - 1 })],
    ["a MAC over another key version", (rig) => signed(rig, { keyVersion: 2 })],
    ["a MAC over another content type", (rig) => signed(rig, { contentType: "text/plain" })],
    ["a MAC over another encoding", (rig) => signed(rig, { contentEncoding: "gzip" })],
    [
      "a token of another use case",
      (rig) => signReport({ credential: rig.credential({ useCase: "other" }), body: plainBody }),
    ],
    [
      "a token of another environment",
      (rig) => signReport({ credential: rig.credential({ environment: "staging" }), body: plainBody }),
    ],
    ["a truncated MAC", (rig) => changed(rig, (header) => header.slice(0, -22))],
    ["a MAC with something after it", (rig) => changed(rig, (header) => `${header}AA`)],
    ["no credential", (rig) => changed(rig, () => "")],
    ["key version 0", (rig) => changed(rig, (header) => header.replace("v1.1.", "v1.0."))],
    [
      "a key version that no redemption may hold",
      (rig) => changed(rig, (header) => header.replace("v1.1.", "v1.9999999999.")),
    ],
  ];

  test.each(forgeries)("is refused alike and leaves no trace: %s", async (_, forge) => {
    const rig = await startRig();
    const response = await rig.send(forge(rig));
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      type: "urn:dit:problem:credential_invalid",
      title: "The credential is not valid for this report",
      status: 401,
      code: "credential_invalid",
    });
    expect(rig.acs.tokenCount).toBe(0);
    expect(await rig.reports()).toEqual([]);
    expect(await rig.metrics.value("reports_rejected_total", { code: "credential_invalid" })).toBe(1);
  });

  test.each([
    ["the epoch before, past its grace", EPOCH - 1],
    ["the next epoch", EPOCH + 1],
    ["an epoch long gone", 0],
  ])("is refused for its epoch: %s", async (_, epoch) => {
    const rig = await startRig();
    const report = signReport({ credential: rig.credential({ epoch }), body: plainBody });
    expect(await refusal(await rig.send(report))).toEqual([409, "epoch_expired"]);
    expect(rig.acs.tokenCount).toBe(0);
  });

  test("uses up nothing of the token's owner, however often it is tried", async () => {
    const rig = await startRig();
    const credential = rig.credential();
    await rig.send(signReport({ credential, body: plainBody }));
    const sniffed = signReport({
      credential: { ...credential, macKey: rig.credential().macKey },
      body: plainBody,
    });
    const responses = await Promise.all(Array.from({ length: 100 }, () => rig.send(sniffed)));
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([401]));
    expect(rig.acs.usesOf(tokenText(credential))).toBe(1);
  });

  test("does not spoil the batch it would have travelled in", async () => {
    const rig = await startRig({ limits: { redeemMaxWaitMs: 50 } });
    const [bad, good] = await Promise.all([
      rig.send(changed(rig, (header) => header.replace("v1.1.", "v1.0."))),
      rig.send(signReport({ credential: rig.credential(), body: plainBody })),
    ]);
    expect([bad.status, good.status]).toEqual([401, 202]);
  });

  test("does not get its body unpacked or parsed", async () => {
    const rig = await startRig();
    const report = signReport({
      credential: rig.credential(),
      body: bomb(),
      gzip: true,
      signed: { useCase: "other" },
    });
    expect(await refusal(await rig.send(report))).toEqual([401, "credential_invalid"]);
  });
});

describe("a body that is not good, after a valid MAC, costs the use", () => {
  const bodies: [string, unknown, boolean, [number, string]][] = [
    ["a gzip bomb", bomb(), true, [413, "payload_too_large"]],
    ["not gzip", Buffer.from("{}"), false, [400, "malformed_request"]],
    ["not JSON", Buffer.from("{"), true, [400, "malformed_request"]],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22]), true, [400, "malformed_request"]],
    ["nested deeply", Buffer.from("[".repeat(200_000)), true, [400, "malformed_request"]],
    ["of another shape", [], true, [422, "report_invalid"]],
    ["with a wrong type", body(screenView(nowSeconds, { duration_ms: "12" })), true, [422, "report_invalid"]],
    ["out of range", body(screenView(nowSeconds, { duration_ms: 60_001 })), true, [422, "report_invalid"]],
    [
      "with an unknown enum value",
      body(screenView(nowSeconds, { screen: "alice" })),
      true,
      [422, "report_invalid"],
    ],
    [
      "with a string too long",
      body(screenView(nowSeconds, { locale: "alice@" })),
      true,
      [422, "report_invalid"],
    ],
    [
      "with a short pseudonym",
      { pseudonym: PSEUDONYM.slice(4), events: [screenView(nowSeconds)] },
      true,
      [422, "report_invalid"],
    ],
  ];
  test.each(bodies)("%s", async (what, content, gzip, expected) => {
    const rig = await startRig();
    const credential = rig.credential();
    const report = signReport({
      credential,
      body: content,
      gzip,
      ...(what === "not gzip" && { signed: { contentEncoding: "gzip" } }),
    });
    const headers = what === "not gzip" ? { "content-encoding": "gzip" } : {};
    const response = await rig.send(report, headers);
    const text = await response.text();
    expect([response.status, JSON.parse(text).code]).toEqual(expected);
    expect(text).not.toContain("alice");
    expect(rig.acs.usesOf(tokenText(credential))).toBe(1);
    expect(await rig.reports()).toEqual([]);
    expect(await rig.metrics.value("reports_rejected_total")).toBe(1);
  });

  test("and a report that is refused says where and what was expected", async () => {
    const rig = await startRig();
    const report = signReport({
      credential: rig.credential(),
      body: body(screenView(nowSeconds), screenView(nowSeconds, { alice: 1, duration_ms: -1 })),
    });
    expect(await (await rig.send(report)).json()).toMatchObject({
      problems: ["events[1].fields.duration_ms: expected an integer from 0 to 60000"],
    });
  });
});

describe("what the use case does not know", () => {
  test("is left out and counted, under no name a client made up", async () => {
    const rig = await startRig();
    const report = signReport({
      credential: rig.credential(),
      body: body(
        screenView(nowSeconds, { screen: "home", alice: "alice", bob: { deep: [] } }),
        { name: "alice", at: nowSeconds, fields: {} },
        screenView(nowSeconds - LIMITS.maxEventAgeSeconds - 1),
        screenView(nowSeconds + LIMITS.maxEventAheadSeconds + 1),
      ),
    });
    expect((await rig.send(report)).status).toBe(202);
    const [stored] = await rig.reports();
    expect(stored?.events).toEqual([screenView(nowSeconds - (nowSeconds % 60))]);
    const dropped = (reason: string) =>
      rig.metrics.value("events_dropped_total", { use_case: "app_usage", reason });
    expect(await Promise.all(["unknown_event", "too_old", "too_far_ahead"].map(dropped))).toEqual([1, 1, 1]);
    expect(await rig.metrics.value("fields_dropped_total", { use_case: "app_usage" })).toBe(2);
    expect(await rig.metrics.value("events_accepted_total")).toBe(1);
    expect(await rig.metrics.text()).not.toContain("alice");
  });

  test("tells of an event's age only in which of a few ranges it is", async () => {
    const rig = await startRig();
    for (const ageSeconds of [-7_200, -600, 0, 7_200, 200_000]) {
      const report = signReport({
        credential: rig.credential(),
        body: body(screenView(nowSeconds - ageSeconds)),
      });
      expect((await rig.send(report)).status).toBe(202);
    }
    const within = (le: number | string) => rig.metrics.value("newest_event_age_seconds_bucket", { le });
    expect(await Promise.all([-3_600, -300, 3_600, 86_400, "+Inf"].map(within))).toEqual([1, 2, 3, 4, 5]);
    const sum = await rig.metrics.value("newest_event_age_seconds_sum");
    expect(sum).toBe(-3_600 - 300 + 3_600 + 86_400 + 172_800);
  });

  test("leaves a report empty, which is accepted and not appended", async () => {
    const rig = await startRig();
    const report = signReport({
      credential: rig.credential(),
      body: body({ name: "x", at: nowSeconds, fields: {} }),
    });
    expect((await rig.send(report)).status).toBe(202);
    expect(await rig.reports()).toEqual([]);
    expect(await rig.metrics.value("reports_empty_total")).toBe(1);
    expect(await rig.metrics.value("reports_accepted_total")).toBe(0);
  });
});

describe("a request that is refused at the door does not reach ACS", () => {
  test.each([
    ["no edge secret", { "dit-edge": "" }, [403, "edge_required"]],
    ["another edge secret", { "dit-edge": "edge-secret-edge-secret-edge-secreT" }, [403, "edge_required"]],
    [
      "another content type",
      { "content-type": "application/json; charset=utf-8" },
      [415, "unsupported_media_type"],
    ],
    ["another encoding", { "content-encoding": "br" }, [415, "unsupported_media_type"]],
  ])("%s", async (_, headers, expected) => {
    const rig = await startRig();
    const response = await rig.send(
      signReport({ credential: rig.credential(), body: plainBody }),
      headers as Record<string, string>,
    );
    expect(await refusal(response)).toEqual(expected);
    expect(rig.acs.redeemBatchSizes).toEqual([]);
  });

  test("a body beyond the limit", async () => {
    const rig = await startRig();
    const report = signReport({
      credential: rig.credential(),
      body: new Uint8Array(LIMITS.maxReportBodyBytes + 1),
    });
    expect(await refusal(await rig.send(report))).toEqual([413, "payload_too_large"]);
    expect(rig.acs.redeemBatchSizes).toEqual([]);
  });

  test("an unknown use case, and one that is switched off", async () => {
    const rig = await startRig({ disabled: true });
    const credential = rig.credential();
    const unknown = signReport({ credential, body: plainBody, useCase: "other" });
    expect(await refusal(await rig.send(unknown))).toEqual([403, "use_case_unavailable"]);
    expect(await refusal(await rig.send(signReport({ credential, body: plainBody })))).toEqual([
      410,
      "use_case_disabled",
    ]);
    expect(rig.acs.redeemBatchSizes).toEqual([]);
  });
});

test("an ingest of another environment than its ACS does not start", async () => {
  await expect(startRig({ environment: "production" })).rejects.toThrow(EnvironmentMismatchError);
});

test("stopping sends the confirmations that are still queued", async () => {
  const rig = await startRig({ limits: { confirmMaxWaitMs: 60_000 } });
  await rig.send(signReport({ credential: rig.credential(), body: plainBody }));
  expect(await rig.metrics.value("confirmations_total")).toBe(0);
  await rig.service.stop();
  expect(await rig.metrics.value("confirmations_total")).toBe(1);
});

test("neither log, metrics nor answers hold anything of a credential or a pseudonym", async () => {
  const rig = await startRig();
  const credential = rig.credential();
  const report = signReport({ credential, body: plainBody });
  const forged = signReport({ credential, body: plainBody, signed: { useCase: "other" } });
  const answers = [await rig.send(report), await rig.send(report), await rig.send(forged)];
  const told = [
    await rig.metrics.text(),
    ...rig.logLines,
    ...(await Promise.all(
      answers.map(async (answer) => JSON.stringify([...answer.headers]) + (await answer.text())),
    )),
  ].join("\n");
  const [, , , tokenPart = "-", macPart = "-"] = (report.headers[CREDENTIAL_HEADER] ?? "").split(".");
  for (const trace of [tokenPart, macPart, PSEUDONYM]) expect(told).not.toContain(trace);
  const stored = JSON.stringify(await rig.reports());
  for (const trace of [tokenPart, macPart]) expect(stored).not.toContain(trace);
});

function signed(rig: Rig, over: NonNullable<Parameters<typeof signReport>[0]["signed"]>): SignedReport {
  return signReport({ credential: rig.credential(), body: plainBody, signed: over });
}

function changed(rig: Rig, change: (header: string) => string): SignedReport {
  const report = signReport({ credential: rig.credential(), body: plainBody });
  const header = change(report.headers[CREDENTIAL_HEADER] ?? "");
  return { ...report, headers: { ...report.headers, [CREDENTIAL_HEADER]: header } };
}

function randomCredential(): string {
  return formatCredentialHeader({
    keyVersion: 1,
    epoch: EPOCH,
    token: token(randomBytes(32)),
    mac: mac(randomBytes(32)),
  });
}

/** Compresses to a few hundred bytes. */
function bomb(): Buffer {
  return Buffer.alloc(LIMITS.maxReportDecompressedBytes + 1, 32);
}
