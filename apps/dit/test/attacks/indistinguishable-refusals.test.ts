import { toBase64Url, webCryptoRandomBytes } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, ROUTES } from "@dit/protocol";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { fetchCredentials, freshCredential } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { reportBody, type SignedReport, signReport } from "./support/reports.ts";
import { wholeAnswer } from "./support/wire.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let deployment: Deployment;
let report: SignedReport;

beforeAll(async () => {
  deployment = await startDeployment();
  report = signReport(deployment, await freshCredential(deployment), reportBody(deployment));
});
afterAll(() => deployment.stop());

function headerOf(changes: { token?: Uint8Array; mac?: Uint8Array; keyVersion?: number } = {}): string {
  const { credential, mac } = report;
  const { keyVersion, epoch, token } = { ...credential, ...changes };
  return `v1.${keyVersion}.${epoch}.${toBase64Url(token)}.${toBase64Url(changes.mac ?? mac)}`;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 1);
}

async function headerFrom(credential: Promise<SignedReport["credential"] | undefined>): Promise<string> {
  const theirs = await credential;
  if (theirs === undefined) throw new Error("no credential");
  // Presented for this epoch and use case, with a MAC made for them: only the key behind the token is another one.
  const here = { ...theirs, epoch: report.credential.epoch };
  return signReport(deployment, here, report.body).headers[CREDENTIAL_HEADER] ?? "";
}

const CAUSES: Readonly<Record<string, () => string | Promise<string>>> = {
  "a MAC wrong in its first byte": () => headerOf({ mac: flipped(report.mac, 0) }),
  "a MAC wrong in its last byte": () => headerOf({ mac: flipped(report.mac, 31) }),
  "a MAC of zeros": () => headerOf({ mac: new Uint8Array(32) }),
  "a random token": () => headerOf({ token: webCryptoRandomBytes(32) }),
  "a random token and MAC": () =>
    headerOf({ token: webCryptoRandomBytes(32), mac: webCryptoRandomBytes(32) }),
  "a token of zeros": () => headerOf({ token: new Uint8Array(32) }),
  "the next key's version": () => headerOf({ keyVersion: 2 }),
  "a key version that never was": () => headerOf({ keyVersion: 999_999_999 }),
  "a credential of another use case": () => headerFrom(freshCredential(deployment, { useCase: "calls" })),
  "a credential of another epoch": () =>
    headerFrom(
      fetchCredentials(deployment, 1, { account: "ahead", epochsAhead: 1 }).then(([first]) => first),
    ),
  "a credential of another environment": async () => {
    const staging = await startDeployment({ environment: "staging" });
    try {
      return await headerFrom(freshCredential(staging));
    } finally {
      await staging.stop();
    }
  },
  "no header": () => "",
  "another version of the protocol": () => headerOf().replace("v1.", "v2."),
  "a leading zero": () => headerOf().replace("v1.", "v1.0"),
  "a part too many": () => `${headerOf()}.A`,
  "another spelling of the same MAC": () => `${headerOf().slice(0, -1)}${nextLetter(headerOf().at(-1))}`,
  "a MAC of 31 bytes": () => headerOf({ mac: report.mac.slice(1) }),
  "a very long header": () => headerOf() + "A".repeat(2_000),
};

/** The last of 43 letters carries four bits: its neighbour in the alphabet decodes to the same bytes, if anybody lets it. */
function nextLetter(letter = "A"): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(letter) + 1] ?? "";
}

it("every failure of a credential gets the same answer, byte for byte, from both instances", async () => {
  const answers = new Map<string, string[]>();
  for (const [cause, header] of Object.entries(CAUSES)) {
    const credential = await header();
    for (const edgeUrl of deployment.edgeUrls) {
      const headers = { ...report.headers, [CREDENTIAL_HEADER]: credential };
      const answer = await wholeAnswer(edgeUrl + ROUTES.reports("messaging"), report.body, headers);
      answers.set(answer, [...(answers.get(answer) ?? []), cause]);
    }
  }
  expect([...answers.values()].map((causes) => causes.length)).toEqual([2 * Object.keys(CAUSES).length]);
  const [answer = ""] = answers.keys();
  expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
  expect(answer).toContain('"code":"credential_invalid"');
});

it("and the comparison sees another answer: an accepted report, an expired epoch, one more header", async () => {
  const url = deployment.edgeUrls[0] + ROUTES.reports("messaging");
  const refused = await wholeAnswer(url, report.body, { ...report.headers, [CREDENTIAL_HEADER]: "" });
  const accepted = await wholeAnswer(url, report.body, report.headers);
  const past = headerOf().replace(`.${report.credential.epoch}.`, ".1.");
  const expired = await wholeAnswer(url, report.body, { ...report.headers, [CREDENTIAL_HEADER]: past });
  const fromIngest = await wholeAnswer(
    deployment.ingests[0].url + ROUTES.reports("messaging"),
    report.body,
    report.headers,
  );
  expect(new Set([refused, accepted, expired, fromIngest]).size).toBe(4);
  expect(accepted).toMatch(/^HTTP\/1\.1 202 /);
  expect(expired).toContain('"code":"epoch_expired"');
});
