import { toBase64Url, webCryptoRandomBytes } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, LIMITS, ROUTES } from "@dit/protocol";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fetchCredentials, freshCredential } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { reportBody, type SignedReport, send, signReport, useOnce } from "./support/reports.ts";
import { DAY_SECONDS, GRACE_SECONDS, USES_PER_TOKEN } from "./support/use-cases.ts";
import { postJson } from "./support/wire.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment({ warehouse: true });
});
afterAll(() => deployment.stop());

const usesCounted = () => deployment.acs.reduce((sum, { work }) => sum + work.usesCounted, 0);
const sign = (...[credential, text, options]: Tail<Parameters<typeof signReport>>) =>
  signReport(deployment, credential, text, options);
type Tail<T> = T extends [unknown, ...infer Rest] ? Rest : never;

/** The same report with another credential header. */
function withHeader(report: SignedReport, credential: string): SignedReport {
  return { ...report, headers: { ...report.headers, [CREDENTIAL_HEADER]: credential } };
}

/** Rows of one report in the warehouse. */
async function rowsOf({ reportId }: SignedReport): Promise<number> {
  await deployment.settled();
  const [counted] =
    (await deployment.warehouse?.query<{ rows: string | number }>(
      `SELECT count() AS rows FROM dit.messaging__delivered
       WHERE replaceAll(toString(report_id), '-', '') = {reportId:String}`,
      { reportId },
    )) ?? [];
  return Number(counted?.rows);
}

/** What the owner's next use is told: how often the token has been used, this use included. */
async function usesAfterOneMore(credential: SignedReport["credential"]): Promise<unknown> {
  const result = await useOnce(deployment, credential, `probe ${crypto.randomUUID()}`);
  return result?.outcome === "refused" ? result.code : result?.uses;
}

describe("a stranger", () => {
  it("with a random token and MAC is refused by both instances, and no counter is created", async () => {
    const before = usesCounted();
    const report = sign(await freshCredential(deployment), reportBody(deployment));
    for (let n = 0; n < 20; n++) {
      const [token, mac] = [webCryptoRandomBytes(32), webCryptoRandomBytes(32)].map(toBase64Url);
      const { keyVersion, epoch } = report.credential;
      const forged = withHeader(report, `v1.${keyVersion}.${epoch}.${token}.${mac}`);
      expect((await send(deployment, forged, n % 2 === 0 ? 0 : 1)).code).toBe("credential_invalid");
    }
    expect(usesCounted()).toBe(before);
  });

  it("who sniffed a token and sends wrong MACs 100 times leaves its owner's counter alone", async () => {
    const credential = await freshCredential(deployment);
    const mine = sign(credential, reportBody(deployment, 1));
    expect((await send(deployment, mine)).code).toBe("accepted");
    const before = usesCounted();
    const { keyVersion, epoch, token } = credential;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const mac = toBase64Url(webCryptoRandomBytes(32));
        const forged = `v1.${keyVersion}.${epoch}.${toBase64Url(token)}.${mac}`;
        return send(deployment, withHeader(mine, forged), n % 2 === 0 ? 0 : 1);
      }),
    );
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(["credential_invalid"]));
    expect(usesCounted()).toBe(before);
    expect(await usesAfterOneMore(credential)).toBe(2);
  });
});

describe("a MAC that was made for something else", () => {
  const OTHER: readonly (readonly [
    name: string,
    signed: NonNullable<Parameters<typeof sign>[2]>["signed"],
  ])[] = [
    ["another body", { body: new TextEncoder().encode("{}") }],
    ["another use case", { useCase: "calls" }],
    ["another environment", { environment: "staging" }],
    ["another key version", { keyVersion: 2 }],
    ["another epoch", { epoch: 20_000 }],
    ["another content type", { contentType: "text/plain" }],
    ["another spelling of the content type", { contentType: "application/json; charset=utf-8" }],
    ["another content encoding", { contentEncoding: "gzip" }],
  ];
  it.each(OTHER)("%s: refused, nothing counted", async (_, signed = {}) => {
    const credential = await freshCredential(deployment);
    const before = usesCounted();
    const report = sign(credential, reportBody(deployment), { signed });
    expect((await send(deployment, report)).code).toBe("credential_invalid");
    expect(usesCounted()).toBe(before);
    expect(await usesAfterOneMore(credential)).toBe(1);
  });

  it("moved with its report to another use case, key version or epoch: refused", async () => {
    const credential = await freshCredential(deployment);
    const report = sign(credential, reportBody(deployment));
    const header = report.headers[CREDENTIAL_HEADER] ?? "";
    const at = (use: string, changed: string) =>
      send(deployment, { ...withHeader(report, changed), useCase: use });
    const { epoch } = credential;
    expect((await at("calls", header)).code).toBe("credential_invalid");
    expect((await at("messaging", header.replace("v1.1.", "v1.2."))).code).toBe("credential_invalid");
    expect((await at("messaging", header.replace(`.${epoch}.`, `.${epoch - 1}.`))).code).toBe(
      "epoch_expired",
    );
    expect((await at("messaging", header)).code).toBe("accepted");
  });

  it("a body whose encoding the sender lies about: refused before it is unpacked", async () => {
    const credential = await freshCredential(deployment);
    const plain = sign(credential, reportBody(deployment));
    const packed = sign(credential, reportBody(deployment), { gzip: true });
    const { "content-encoding": _, ...bare } = packed.headers;
    const lies = [
      { ...plain, headers: { ...plain.headers, "content-encoding": "gzip" } },
      { ...packed, headers: bare },
    ];
    for (const lie of lies) expect((await send(deployment, lie)).code).toBe("credential_invalid");
    expect((await send(deployment, packed)).code).toBe("accepted");
  });

  it.each([0, 1, 8, 16, 31, 33])("a MAC cut or stretched to %i bytes: refused", async (length) => {
    const credential = await freshCredential(deployment);
    const before = usesCounted();
    const report = sign(credential, reportBody(deployment));
    const parts = (report.headers[CREDENTIAL_HEADER] ?? "").split(".");
    const mac = toBase64Url(Uint8Array.from({ length }, (_, n) => report.mac[n] ?? 0));
    const forged = withHeader(report, parts.with(-1, mac).join("."));
    expect((await send(deployment, forged)).code).toBe("credential_invalid");
    expect(usesCounted()).toBe(before);
  });
});

describe("a token of somewhere else", () => {
  it("of use case A at use case B, its MAC made for B: refused", async () => {
    const credential = await freshCredential(deployment);
    const report = sign(credential, reportBody(deployment), { useCase: "calls" });
    expect((await send(deployment, report)).code).toBe("credential_invalid");
  });

  it("of staging in production, its MAC made for production: refused", async () => {
    const staging = await startDeployment({ environment: "staging" });
    const credential = await freshCredential(staging);
    expect((await send(staging, signReport(staging, credential, reportBody(staging)))).code).toBe("accepted");
    await staging.stop();
    const before = usesCounted();
    const report = sign(credential, reportBody(deployment));
    expect((await send(deployment, report)).code).toBe("credential_invalid");
    expect(usesCounted()).toBe(before);
  });
});

describe("a token used again and again", () => {
  it(`uses 1 to ${USES_PER_TOKEN} are accepted over two instances, the next is token_exhausted`, async () => {
    const credential = await freshCredential(deployment);
    const answers: unknown[] = [];
    for (let use = 1; use <= USES_PER_TOKEN + 2; use++) {
      const report = sign(credential, reportBody(deployment, use));
      answers.push((await send(deployment, report, use % 2 === 0 ? 0 : 1)).code);
    }
    expect(answers.slice(0, USES_PER_TOKEN)).toEqual(Array(USES_PER_TOKEN).fill("accepted"));
    expect(answers.slice(USES_PER_TOKEN)).toEqual(["token_exhausted", "token_exhausted"]);
  });

  it("the identical report, again and through the other instance: same answer, one use, one row", async () => {
    const credential = await freshCredential(deployment);
    const report = sign(credential, reportBody(deployment, 7));
    for (const edge of [0, 0, 1, 1, 0] as const) {
      const answer = await send(deployment, report, edge);
      expect([answer.status, answer.text]).toEqual([202, ""]);
    }
    expect(await usesAfterOneMore(credential)).toBe(2);
    expect(await rowsOf(report)).toBe(1);
  });
});

describe("what fails after a valid MAC costs its sender a use", () => {
  const BAD: readonly (readonly [
    name: string,
    status: number,
    code: string,
    body: () => string | Uint8Array,
    gzip: boolean,
  ])[] = [
    [
      "a gzip bomb",
      413,
      "payload_too_large",
      () => new Uint8Array(LIMITS.maxReportDecompressedBytes * 40),
      true,
    ],
    [
      "one byte more than may be unpacked",
      413,
      "payload_too_large",
      () => new Uint8Array(LIMITS.maxReportDecompressedBytes + 1).fill(0x20),
      true,
    ],
    ["no JSON", 400, "malformed_request", () => "{", false],
    ["no UTF-8", 400, "malformed_request", () => Uint8Array.of(0x22, 0xff, 0x22), false],
    ["JSON that is no report", 422, "report_invalid", () => "{}", false],
    [
      "a field of the wrong type",
      422,
      "report_invalid",
      () => reportBody(deployment, 0, { ok: "yes" }),
      false,
    ],
    ["a value out of range", 422, "report_invalid", () => reportBody(deployment, -1), true],
  ];
  it.each(BAD)("%s", async (_, status, code, body, gzip) => {
    const credential = await freshCredential(deployment);
    const logged = await deployment.reportsInLog();
    const report = sign(credential, body(), { gzip });
    const answer = await send(deployment, report);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(await deployment.reportsInLog()).toBe(logged);
    expect(await usesAfterOneMore(credential)).toBe(2);
  });

  it("but a body over the limit as sent is refused by the edge, before anybody is asked", async () => {
    const credential = await freshCredential(deployment);
    const report = sign(credential, new Uint8Array(LIMITS.maxReportBodyBytes + 1).fill(0x20));
    const answer = await send(deployment, report);
    expect([answer.status, answer.code]).toEqual([413, "payload_too_large"]);
    expect(await usesAfterOneMore(credential)).toBe(1);
  });
});

describe("who may ask", () => {
  it.each([
    ["nothing", undefined],
    ["a wrong secret", "Bearer wrong-secret-wrong-secret-wrong-secret"],
    ["an account token", "account"],
  ])("redeeming with %s: 401, nothing evaluated or counted", async (_, shown) => {
    const credential = await freshCredential(deployment);
    const token = await deployment.identityProvider.accountToken("alice");
    const authorization = shown === "account" ? `Bearer ${token}` : shown;
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const evaluated = () => deployment.acs.reduce((sum, { work }) => sum + work.redeemEvaluations, 0);
    const before = [evaluated(), usesCounted()];
    const report = sign(credential, "report");
    const item = {
      useCase: "messaging",
      keyVersion: credential.keyVersion,
      epoch: credential.epoch,
      token: toBase64Url(credential.token),
      mac: toBase64Url(report.mac),
    };
    const transcript = toBase64Url(webCryptoRandomBytes(32));
    for (const { url } of deployment.acs) {
      for (const [path, items] of [
        [ROUTES.redeem, [{ ...item, transcript }]],
        [ROUTES.confirm, [item]],
      ] as const) {
        const answer = await postJson(url + path, { items }, headers);
        expect([answer.status, answer.code]).toEqual([401, "service_unauthenticated"]);
      }
    }
    expect([evaluated(), usesCounted()]).toEqual(before);
  });
});

describe("a counter store that is down", () => {
  it("503 with Retry-After and nothing acknowledged; then the same report counts once", async () => {
    const credential = await freshCredential(deployment);
    const report = sign(credential, reportBody(deployment, 9));
    const logged = await deployment.reportsInLog();
    for (const acs of deployment.acs) acs.countersAreDown = true;
    for (const edge of [0, 1] as const) {
      const answer = await send(deployment, report, edge);
      expect([answer.status, answer.code]).toEqual([503, "dependency_unavailable"]);
      expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    }
    expect(await deployment.reportsInLog()).toBe(logged);
    for (const acs of deployment.acs) acs.countersAreDown = false;
    expect((await send(deployment, report, 1)).code).toBe("accepted");
    expect(await usesAfterOneMore(credential)).toBe(2);
    expect(await rowsOf(report)).toBe(1);
  });
});

describe("an epoch, by the clock of the services", () => {
  it("redeems from its start to the end of its grace, and never outside", async () => {
    const midnight = deployment.nowSeconds() - (deployment.nowSeconds() % DAY_SECONDS) + DAY_SECONDS;
    const goTo = (seconds: number) => deployment.clock.advance((seconds - deployment.nowSeconds()) * 1_000);
    const [tomorrow] = await fetchCredentials(deployment, 1, { account: "early bird", epochsAhead: 1 });
    if (tomorrow === undefined) throw new Error("no credential");
    expect(tomorrow.epoch).toBe(midnight / DAY_SECONDS);
    let number = 0;
    const answers: unknown[] = [];
    for (const [seconds, edge] of [
      [deployment.nowSeconds(), 0],
      [midnight - 1, 1],
      [midnight, 0],
      [midnight + DAY_SECONDS + GRACE_SECONDS - 1, 1],
      [midnight + DAY_SECONDS + GRACE_SECONDS, 0],
      [midnight + 9 * DAY_SECONDS, 1],
    ] as const) {
      goTo(seconds);
      const report = sign(tomorrow, reportBody(deployment, ++number));
      answers.push((await send(deployment, report, edge)).code);
    }
    const [expired, accepted] = ["epoch_expired", "accepted"];
    expect(answers).toEqual([expired, expired, accepted, accepted, expired, expired]);
  });
});
