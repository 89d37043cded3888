import { ROUTES } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import {
  createAcsAdminClient,
  createAcsClient,
  createManualClock,
  type ManualClock,
  Secret,
} from "@dit/service-kit";
import type { AuditRecord } from "@dit/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, asAdmin, asService, call, putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchCredentials } from "./support/client.ts";
import { ADMIN_SECRET, createInstance, SERVICE_SECRET, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

let clock: ManualClock;
let stores: TestStores;
let acs: TestInstance;

beforeEach(async () => {
  clock = createManualClock(1_771_200_000_000);
  stores = await openTestStores(clock);
  acs = await createInstance(stores, clock);
});
afterEach(() => stores.close());

type Fields = UseCaseInput["events"][string]["fields"];

function withFields(fields: Fields, event = "message_delivered"): UseCaseInput {
  return useCaseDocument({ events: { [event]: { fields } } });
}

const problemsOf = (answer: Answer) => answer.json<{ problems?: string[] }>().problems ?? [];

async function audit(): Promise<AuditRecord[]> {
  const answer = await call(acs, "GET", `${ROUTES.audit}?limit=1000`, { headers: asAdmin });
  return answer.json<{ entries: AuditRecord[] }>().entries;
}

describe("applying a use case", () => {
  it("creates it with its first two keys, in one commit that is audited", async () => {
    const answer = await putUseCase(acs, useCaseDocument());
    expect([answer.status, answer.json()]).toEqual([201, { useCase: "messaging", version: 1 }]);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(
      (await audit()).map(({ sequence, actor, action, subject }) => [sequence, actor, action, subject]),
    ).toEqual([
      [1, "operator", "use_case.created", "messaging"],
      [2, "operator", "primary_key.generated", "messaging"],
      [3, "operator", "primary_key.generated", "messaging"],
    ]);
  });

  it("changes nothing when the document says the same, in whatever order", async () => {
    await putUseCase(acs, useCaseDocument());
    const reordered = Object.fromEntries(Object.entries(useCaseDocument()).reverse());
    const answer = await call(acs, "PUT", ROUTES.useCase("messaging"), { headers: asAdmin, body: reordered });
    expect([answer.status, answer.json()]).toEqual([200, { useCase: "messaging", version: 1 }]);
    expect(await audit()).toHaveLength(3);
  });

  it("makes a new version, and says in the audit what changed", async () => {
    await putUseCase(acs, useCaseDocument());
    const answer = await putUseCase(acs, useCaseDocument({ usesPerToken: 200, purpose: "Something else" }));
    expect(answer.json()).toEqual({ useCase: "messaging", version: 2 });
    expect((await audit()).at(-1)).toMatchObject({
      action: "use_case.changed",
      detail: { version: 2, changes: [{ path: "purpose" }, { path: "usesPerToken", from: 4, to: 200 }] },
    });
  });

  it("bounds the reuse limit", async () => {
    const answer = await putUseCase(acs, useCaseDocument({ usesPerToken: 1_000 }));
    expect([answer.status, answer.code]).toEqual([422, "use_case_invalid"]);
    expect(problemsOf(answer)[0]).toContain("usesPerToken");
  });

  it("refuses a document with all its problems by path, and none for another address", async () => {
    const spoilt = { ...useCaseDocument(), retentionDays: 0, owner: "", extra: 1 };
    const answer = await call(acs, "PUT", ROUTES.useCase("messaging"), { headers: asAdmin, body: spoilt });
    const problems = problemsOf(answer).join("\n");
    for (const path of ["retentionDays", "owner", "extra"]) expect(problems).toContain(path);
    const elsewhere = await call(acs, "PUT", ROUTES.useCase("calls"), {
      headers: asAdmin,
      body: useCaseDocument(),
    });
    expect(problemsOf(elsewhere)).toEqual(["useCase: is not the one in the address"]);
    expect(await audit()).toEqual([]);
  });

  it("needs the administrator", async () => {
    for (const headers of [{}, asService, { authorization: "Bearer wrong" }]) {
      const path = ROUTES.useCase("messaging");
      const answer = await call(acs, "PUT", path, { headers, body: useCaseDocument() });
      expect([answer.status, answer.code]).toEqual([401, "service_unauthenticated"]);
    }
    expect(await stores.documents.list("use-cases")).toEqual([]);
  });

  it("refuses a body that is too large", async () => {
    const body = { ...useCaseDocument(), purpose: "x".repeat(300_000) };
    const answer = await call(acs, "PUT", ROUTES.useCase("messaging"), { headers: asAdmin, body });
    expect(answer.code).toBe("payload_too_large");
  });
});

describe("an expected version", () => {
  it("keeps one operator from overwriting another's change", async () => {
    await putUseCase(acs, useCaseDocument(), { "if-match": '"0"' });
    const stale = await putUseCase(acs, useCaseDocument({ usesPerToken: 5 }), { "if-match": '"0"' });
    expect([stale.status, stale.code]).toEqual([409, "version_conflict"]);
    expect((await putUseCase(acs, useCaseDocument({ usesPerToken: 5 }), { "if-match": '"1"' })).status).toBe(
      200,
    );
    expect((await putUseCase(acs, useCaseDocument(), { "if-match": "new" })).code).toBe("malformed_request");
  });

  it("is met by one of several writers at the same moment", async () => {
    await putUseCase(acs, useCaseDocument());
    const other = await createInstance(stores, clock);
    const answers = await Promise.all(
      [5, 6, 7, 8].map((usesPerToken, n) =>
        putUseCase(n % 2 === 0 ? acs : other, useCaseDocument({ usesPerToken }), { "if-match": '"1"' }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409, 409]);
  });

  it("is optional: then the last writer wins, and each is a version", async () => {
    const answers = await Promise.all(
      [5, 6, 7].map((usesPerToken) => putUseCase(acs, useCaseDocument({ usesPerToken }))),
    );
    expect(answers.map((answer) => answer.json<{ version: number }>().version).sort()).toEqual([1, 2, 3]);
  });
});

describe("a change that does not fit what is stored", () => {
  it("is refused: a field keeps its type, also after it was removed", async () => {
    await putUseCase(acs, withFields({ size: { type: "integer", min: 0, max: 9 }, ok: { type: "boolean" } }));
    const changed = await putUseCase(acs, withFields({ size: { type: "float" }, ok: { type: "boolean" } }));
    expect(problemsOf(changed)).toEqual([
      "events.message_delivered.fields.size.type: was integer, and its column is; take another name",
    ]);
    expect((await putUseCase(acs, withFields({ ok: { type: "boolean" } }))).status).toBe(200);
    expect((await putUseCase(acs, withFields({ other: { type: "boolean" } }, "another_event"))).status).toBe(
      200,
    );
    const back = withFields({ size: { type: "string", maxLength: 9 }, ok: { type: "float" } });
    expect(problemsOf(await putUseCase(acs, back))).toHaveLength(2);
    const same = withFields({ size: { type: "integer", min: -5, max: 2 ** 40 } });
    expect((await putUseCase(acs, same)).status).toBe(200);
    expect(problemsOf(await putUseCase(acs, withFields({ ok: { type: "float" } })))).toHaveLength(1);
  });

  it("is allowed where storage does not care: ranges, values, new fields", async () => {
    await putUseCase(acs, withFields({ kind: { type: "enum", values: ["a", "b"] } }));
    const wider = withFields({ kind: { type: "enum", values: ["b", "c"] }, more: { type: "float" } });
    expect((await putUseCase(acs, wider)).status).toBe(200);
  });

  it.each<[string, Partial<UseCaseInput>]>([
    ["epoch.seconds", { epoch: { seconds: 43_200 } }],
    ["epoch.graceSeconds", { epoch: { graceSeconds: 60 } }],
    ["pseudonym.rotationSeconds", { pseudonym: { rotationSeconds: 172_800 } }],
    ["primaryKey.rotationSeconds", { primaryKey: { rotationSeconds: 172_800 } }],
  ])("is refused with its reason while keys live: %s", async (path, change) => {
    await putUseCase(acs, useCaseDocument());
    const answer = await putUseCase(acs, useCaseDocument(change));
    expect(problemsOf(answer)).toEqual([expect.stringMatching(`^${path}: cannot change while`)]);
  });

  it("is possible once the use case was disabled for so long that no key lives", async () => {
    const primaryKey = { rotationSeconds: 172_800 };
    await putUseCase(acs, useCaseDocument({ primaryKey }));
    await putUseCase(acs, useCaseDocument({ primaryKey, enabled: false }));
    clock.advance(5 * 86_400_000);
    await acs.rotationJob();
    const answer = await putUseCase(acs, useCaseDocument({ primaryKey, epoch: { seconds: 43_200 } }));
    expect(answer.status).toBe(200);
    const now = clock.nowMs() / 1_000;
    expect(await fetchCredentials(acs, { nowSeconds: now, count: 2 })).toMatchObject([
      { keyVersion: 3, epoch: Math.floor(now / 43_200) },
      { keyVersion: 3 },
    ]);
  });
});

describe("the services' view", () => {
  const fetchOf = (instance: TestInstance) =>
    (async (input: string | URL | Request, init?: RequestInit) =>
      instance.app.fetch(new Request(input, init))) as typeof fetch;

  it("lists every document with its version, and 304 until one changes, through service-kit's client", async () => {
    const options = { baseUrl: "http://acs.test", fetch: fetchOf(acs) };
    const services = createAcsClient({ ...options, serviceSecret: new Secret(SERVICE_SECRET) });
    const admin = createAcsAdminClient({ ...options, adminSecret: new Secret(ADMIN_SECRET) });
    await admin.applyUseCase(useCaseDocument({ useCase: "messaging" }));
    await admin.applyUseCase(useCaseDocument({ useCase: "calls" }), 0);
    const first = await services.listUseCases();
    if (first === "unchanged") throw new Error("unchanged since nothing");
    expect(first.list.environment).toBe("test");
    expect(first.list.useCases.map(({ version, document }) => [document.useCase, version])).toEqual([
      ["calls", 1],
      ["messaging", 1],
    ]);
    expect(await services.listUseCases(first.etag)).toBe("unchanged");
    await admin.applyUseCase(useCaseDocument({ useCase: "calls", enabled: false }), 1);
    const second = await services.listUseCases(first.etag);
    if (second === "unchanged") throw new Error("a change was not seen");
    expect(second.list.useCases[0]).toMatchObject({ version: 2, document: { enabled: false } });
    await expect(admin.applyUseCase(useCaseDocument({ usesPerToken: 9 }), 7)).rejects.toMatchObject({
      code: "version_conflict",
    });
    await expect(admin.rotateKeys("unknown", { reason: "x" })).rejects.toMatchObject({ code: "not_found" });
    expect(await admin.readAudit({ after: 6, limit: 1 })).toMatchObject([{ sequence: 7 }]);
    expect((await admin.keyPlan("messaging")).keys.map((key) => key.state)).toEqual(["current", "next"]);
    expect((await admin.rotateKeys("messaging", { reason: "exercise" })).keys).toHaveLength(2);
  });

  it("gives one document to services, and nothing to others", async () => {
    await putUseCase(acs, useCaseDocument());
    const path = ROUTES.useCase("messaging");
    const answer = await call(acs, "GET", path, { headers: asService });
    expect(answer.json()).toMatchObject({
      version: 1,
      document: { useCase: "messaging", retentionDays: 90 },
    });
    const missing = await call(acs, "GET", ROUTES.useCase("calls"), { headers: asService });
    expect(missing.status).toBe(404);
    for (const each of [path, ROUTES.useCases, ROUTES.audit])
      expect((await call(acs, "GET", each)).status).toBe(401);
  });

  it("sees another instance's kill switch within a second", async () => {
    const other = await createInstance(stores, clock);
    await putUseCase(acs, useCaseDocument());
    const enabledAtOther = async () => {
      const answer = await call(other, "GET", ROUTES.useCase("messaging"), { headers: asService });
      return answer.json<{ document: { enabled: boolean } }>().document.enabled;
    };
    expect(await enabledAtOther()).toBe(true);
    await putUseCase(acs, useCaseDocument({ enabled: false }));
    clock.advance(1_000);
    expect(await enabledAtOther()).toBe(false);
  });
});

describe("the audit", () => {
  it("is read in pages by the administrator, within bounds", async () => {
    await putUseCase(acs, useCaseDocument());
    const page = async (query: string) =>
      (await call(acs, "GET", `${ROUTES.audit}${query}`, { headers: asAdmin })).json<{
        entries?: AuditRecord[];
      }>();
    expect((await page("?after=1&limit=1")).entries).toMatchObject([{ sequence: 2 }]);
    expect((await page("?after=3")).entries).toEqual([]);
    for (const query of ["?limit=0", "?limit=1001", "?after=-1", "?after=x", "?from=1"]) {
      expect((await page(query)).entries).toBeUndefined();
    }
  });
});
