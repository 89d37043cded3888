import { fromBase64Url, toBase64Url, webCryptoRandomBytes } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, LIMITS, ROUTES } from "@dit/protocol";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { until } from "../support/until.ts";
import {
  askForTokens,
  fetchCredentials,
  freshCredential,
  keysOf,
  prepareRequest,
} from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { encodingsOf, filesIn, type Place, placesOf } from "./support/find-secret.ts";
import { redeem, redeemItem, reportBody, send, signReport } from "./support/reports.ts";
import { startSdk } from "./support/sdk-client.ts";
import { startAcsProcess } from "./support/start-acs-process.ts";
import { EDGE_SECRET } from "./support/start-ingest.ts";
import { tally } from "./support/token-race.ts";
import { DAY_SECONDS, jwtUseCase, USES_PER_TOKEN } from "./support/use-cases.ts";
import {
  ADMIN_SECRET,
  CHAT_SECRET,
  KEY_ENCRYPTION_KEY,
  PARTNER_SECRET,
  SERVICE_SECRET,
} from "./support/watched-acs.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment({ rotationIntervalMs: 50 });
});
afterAll(() => deployment.stop());

describe("key material", () => {
  it("is in no file, log line, metric or answer, in any encoding; what is public is found there", async () => {
    const answers: string[] = [];
    const credentials = await fetchCredentials(deployment, 4, { account: "alice" });
    const [credential] = credentials;
    if (credential === undefined) throw new Error("no credential");
    const report = signReport(deployment, credential, reportBody(deployment));
    const random = () => toBase64Url(webCryptoRandomBytes(32));
    for (const header of [
      report.headers[CREDENTIAL_HEADER] ?? "",
      `v1.1.${credential.epoch}.${random()}.${random()}`,
      `v1.1.1.${random()}.${random()}`,
      "v1",
    ]) {
      const headers = { ...report.headers, [CREDENTIAL_HEADER]: header };
      for (const edge of [0, 1] as const) {
        answers.push((await send(deployment, { ...report, headers }, edge)).text);
      }
    }
    for (const body of [{}, { keyVersion: 1, epoch: 1, blinded: [random()] }, "x"]) {
      for (const instance of [0, 1] as const) {
        answers.push((await askForTokens(deployment, body, { instance })).text);
      }
    }
    for (const acs of deployment.acs) acs.countersAreDown = true;
    answers.push((await send(deployment, report)).text);
    for (const acs of deployment.acs) acs.countersAreDown = false;
    answers.push(JSON.stringify(await keysOf(deployment)));
    for (const { service } of deployment.acs) {
      for (const path of ["/metrics", "/readyz", "/healthz", "/version"]) {
        answers.push(await (await fetch(service.adminUrl + path)).text());
      }
    }

    const text = Buffer.from(answers.join("\n"));
    const places: Place[] = [
      ...filesIn(deployment.directory),
      { name: "log", bytes: Buffer.from(deployment.log.join("\n")) },
      { name: "answers", bytes: text },
    ];
    const ofText = (secret: string) => new TextEncoder().encode(secret);
    const secrets: Record<string, readonly Uint8Array[]> = {
      "primary and account keys": deployment.acs.flatMap(({ drawnSecrets }) => drawnSecrets),
      "MAC keys": credentials.map(({ macKey }) => macKey),
      "the key-encryption key": [KEY_ENCRYPTION_KEY],
      "shared secrets": [SERVICE_SECRET, ADMIN_SECRET, EDGE_SECRET, PARTNER_SECRET, CHAT_SECRET].map(ofText),
    };
    // Two primary keys for each of three use cases, and the account key of the epoch.
    expect(secrets["primary and account keys"]?.length).toBeGreaterThanOrEqual(7);
    for (const [name, each] of Object.entries(secrets)) {
      expect(
        each.flatMap((secret) => placesOf(secret, places)),
        name,
      ).toEqual([]);
    }

    const [published] = (await keysOf(deployment)).keys;
    const publicKey = fromBase64Url(published?.publicKey ?? "") ?? new Uint8Array();
    const found = placesOf(publicKey, places);
    expect(found).toContain("answers");
    expect(found.some((name) => name.includes("documents"))).toBe(true);
    expect(deployment.log.join("\n")).toContain("dependency.failed");
  });

  it("would be found however it was spelt, and wherever in something longer", () => {
    const secret = webCryptoRandomBytes(32);
    for (let lead = 0; lead < 4; lead++) {
      const within = Buffer.concat([Buffer.alloc(lead, 1), secret, Buffer.alloc(3, 2)]);
      for (const encoding of ["latin1", "hex", "base64", "base64url"] as const) {
        const bytes = Buffer.from(`{"key":"${within.toString(encoding)}"}`, "latin1");
        expect(placesOf(secret, [{ name: "leak", bytes }]), `${encoding} ${lead}`).toEqual(["leak"]);
      }
    }
    expect(encodingsOf(secret).every(({ length }) => length > 30)).toBe(true);
  });
});

describe("the reuse limit", () => {
  it("raised from 1 to 1000: refused; raised to what the protocol bounds it by: audited, and exact", async () => {
    const strict = { useCase: "strict_app", usesPerToken: 1 };
    const document = jwtUseCase(deployment.identityProvider.jwksUrl, strict);
    await deployment.apply(document);
    const credential = await freshCredential(deployment, { useCase: "strict_app" });
    const items = Array.from({ length: 300 }, (_, n) =>
      redeemItem(deployment, credential, `report ${n}`, "strict_app"),
    );
    const useAll = async () => {
      const results: string[] = [];
      for (let from = 0; from < items.length; from += 50) {
        const url = deployment.acs[from % 100 === 0 ? 0 : 1].url;
        const answers = await redeem(url, items.slice(from, from + 50));
        results.push(...answers.map((each) => (each.outcome === "refused" ? each.code : each.outcome)));
      }
      return tally(results);
    };
    expect(await useAll()).toEqual({ reserved: 1, token_exhausted: 299 });

    await expect(deployment.apply({ ...document, usesPerToken: 1_000 })).rejects.toMatchObject({
      code: "use_case_invalid",
    });
    deployment.clock.advance(1_000);
    expect(await useAll()).toEqual({ repeated: 1, token_exhausted: 299 });

    await deployment.apply({ ...document, usesPerToken: LIMITS.maxUsesPerToken });
    const more = LIMITS.maxUsesPerToken - 1;
    expect(await useAll()).toEqual({ repeated: 1, reserved: more, token_exhausted: 299 - more });
    const audit = await deployment.documents.readAudit(0, 1_000);
    const changes = audit.filter(
      ({ subject, action }) => subject === "strict_app" && action === "use_case.changed",
    );
    expect(changes).toHaveLength(1);
    expect(JSON.stringify(changes[0])).toContain("usesPerToken");
    expect(changes[0]?.actor).toBe("operator");
  });

  it.each([
    ["nobody", undefined],
    ["a service", SERVICE_SECRET],
    ["an account", "account"],
  ])("cannot be raised by %s", async (_, secret) => {
    const account = await deployment.identityProvider.accountToken("alice");
    const shown = secret === "account" ? account : secret;
    const body = JSON.stringify(jwtUseCase(deployment.identityProvider.jwksUrl, { usesPerToken: 256 }));
    const response = await fetch(deployment.acs[0].url + ROUTES.useCase("messaging"), {
      method: "PUT",
      headers: {
        "content-type": "application/json",
        ...(shown === undefined ? {} : { authorization: `Bearer ${shown}` }),
      },
      body,
    });
    expect(response.status).toBe(401);
    expect((await keysOf(deployment)).usesPerToken).toBe(USES_PER_TOKEN);
  });
});

describe("the kill switch of a use case", () => {
  it("refuses everywhere, and clients drop what they hold and ask no more until it is time to look again", async () => {
    const document = jwtUseCase(deployment.identityProvider.jwksUrl);
    const credential = await freshCredential(deployment);
    const { body } = await prepareRequest(deployment, 1);
    const { client, exchanges, to } = await startSdk(deployment);
    client.log("delivered", { number: 1 });
    await client.flush();
    expect(to("/reports").map(({ status }) => status)).toEqual([202]);

    await deployment.apply({ ...document, enabled: false });
    for (const at of [0, 1] as const) {
      const report = signReport(deployment, credential, reportBody(deployment, at));
      expect((await send(deployment, report, at)).code).toBe("use_case_disabled");
      expect((await askForTokens(deployment, body, { instance: at })).code).toBe("use_case_disabled");
      const item = redeemItem(deployment, credential, "report");
      expect(await redeem(deployment.acs[at].url, [item])).toEqual([
        { outcome: "refused", code: "use_case_disabled" },
      ]);
    }
    for (let number = 0; number < 5; number++) client.log("delivered", { number });
    await client.flush();
    expect(client.losses().use_case_disabled).toBe(5);
    expect(to("/reports").map(({ status }) => status)).toEqual([202, 410]);

    const sent = exchanges.length;
    for (let minute = 0; minute < 59; minute++) {
      client.log("delivered", { number: minute });
      await client.flush();
      deployment.clock.advance(60_000);
    }
    expect(exchanges.length).toBe(sent);
    expect(client.losses().use_case_disabled).toBe(5 + 59);
    deployment.clock.advance(60_000);
    await client.flush();
    expect(exchanges.slice(sent).map(({ url }) => new URL(url).pathname)).toEqual([ROUTES.keys("messaging")]);

    await deployment.apply(document);
    deployment.clock.advance(3_600_000);
    await client.flush();
    client.log("delivered", { number: 7 });
    await client.flush();
    expect(to("/reports").map(({ status }) => status)).toEqual([202, 410, 202]);
    await client.close();
  });

  it("leaves the other use cases alone", async () => {
    const document = jwtUseCase(deployment.identityProvider.jwksUrl);
    await deployment.apply({ ...document, enabled: false });
    const credential = await freshCredential(deployment, { useCase: "calls" });
    const report = signReport(deployment, credential, reportBody(deployment), { useCase: "calls" });
    expect((await send(deployment, report, 1)).code).toBe("accepted");
    await deployment.apply(document);
  });
});

describe("a clock that is set back", () => {
  it("opens no epoch again that was over: neither for tokens nor for reports, nor after a restart", async () => {
    const credential = await freshCredential(deployment);
    const { body } = await prepareRequest(deployment, 1);
    const reports = [0, 1, 2].map((n) => signReport(deployment, credential, reportBody(deployment, n)));
    const [first, second, third] = reports;
    if (!first || !second || !third) throw new Error("three reports");
    expect((await send(deployment, first)).code).toBe("accepted");

    const destroyed = async () =>
      (await deployment.documents.readAudit(0, 1_000)).filter(
        ({ action }) => action === "account_key.destroyed",
      ).length;
    const before = await destroyed();
    const aheadMs = 3 * DAY_SECONDS * 1_000;
    deployment.clock.advance(aheadMs);
    // The instances' own jobs look after it.
    await until(async () => (await destroyed()) > before, 10_000, "no epoch was closed");
    expect((await send(deployment, second)).code).toBe("epoch_expired");

    deployment.clock.advance(-aheadMs);
    for (const at of [0, 1] as const) {
      expect((await send(deployment, third, at)).code).toBe("epoch_expired");
      expect((await askForTokens(deployment, body, { instance: at })).code).toBe("epoch_not_issuable");
    }
    const restarted = await startAcsProcess(deployment);
    const item = redeemItem(deployment, credential, "report");
    expect(await redeem(restarted.url, [item])).toEqual([{ outcome: "refused", code: "epoch_expired" }]);
    expect((await askForTokens(deployment, body, { url: restarted.url })).code).toBe("epoch_not_issuable");
    await restarted.stop();

    deployment.clock.advance(aheadMs);
    const later = await freshCredential(deployment);
    const report = signReport(deployment, later, reportBody(deployment, 3));
    expect((await send(deployment, report)).code).toBe("accepted");
  });
});
