import { toBase64Url, toHex, utf8 } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import { createManualClock } from "@dit/service-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asAccount, asAdmin, call, putUseCase, useCaseDocument } from "./support/calls.ts";
import { confirm, fetchCredentials, postTokens, redeem, redeemItem } from "./support/client.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const ACCOUNT = "canary-account-7f3a91";
const NOW_SECONDS = 1_771_200_000;

const clock = createManualClock(NOW_SECONDS * 1_000);
let stores: TestStores;
let acs: TestInstance;
/** Everything an account or a token could be found in. */
let canaries: Uint8Array[];

beforeAll(async () => {
  stores = await openTestStores(clock);
  acs = await createInstance(stores, clock);
  await putUseCase(acs, useCaseDocument());
  const headers = asAccount(ACCOUNT);
  const credentials = await fetchCredentials(acs, { nowSeconds: NOW_SECONDS, count: 10, headers });
  const [used] = credentials;
  if (used === undefined) throw new Error("no credential");
  const item = redeemItem(used, "report");
  await redeem(acs, [item, { ...item, mac: item.transcript }]);
  await confirm(acs, [item]);
  await postTokens(acs, { keyVersion: 1, epoch: used.epoch, blinded: [item.token] }, headers);
  await postTokens(acs, { account: ACCOUNT, [ACCOUNT]: item.token }, headers);
  await postTokens(acs, "{", { ...headers, authorization: `Bearer ${ACCOUNT}` });
  await acs.rotationJob();
  canaries = [
    utf8(ACCOUNT),
    used.token,
    used.macKey,
    utf8(item.token),
    utf8(item.mac),
    utf8(item.transcript),
  ];
});
afterAll(() => stores.close());

/** The canaries that are in `bytes`, as they are or in an encoding. */
function found(bytes: Buffer): number {
  const forms = canaries.flatMap((canary) => [
    Buffer.from(canary),
    Buffer.from(toHex(canary)),
    Buffer.from(toBase64Url(canary)),
    Buffer.from(Buffer.from(canary).toString("base64")),
  ]);
  return forms.filter((form) => bytes.includes(form)).length;
}

describe("no account, token or MAC", () => {
  it("is missed by this search when it is there", () => {
    for (const canary of canaries)
      expect(found(Buffer.concat([Buffer.from("x"), canary]))).toBeGreaterThan(0);
  });

  it("is in the stores' documents or files", async () => {
    const bytes = await stores.everything();
    expect(bytes.includes("sealedKey")).toBe(true);
    expect(found(bytes)).toBe(0);
  });

  it("is in the audit", async () => {
    const audit = await call(acs, "GET", ROUTES.audit, { headers: asAdmin });
    expect(audit.text).toContain("primary_key.generated");
    expect(found(Buffer.from(audit.text))).toBe(0);
  });

  it("is in the metrics or the log", async () => {
    const metrics = await acs.metrics.text();
    expect(metrics).toContain("dit_acs_tokens_issued_total");
    expect(found(Buffer.from(metrics + acs.logLines.join("\n")))).toBe(0);
  });

  it("is named alike under two account keys or key versions", async () => {
    const { allowanceKey } = await import("../src/issue/quota.ts");
    const { accountId } = await import("../src/authenticate/authenticator.ts");
    const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const names = [
      allowanceKey(one, 1, accountId("alice")),
      allowanceKey(one, 2, accountId("alice")),
      allowanceKey(two, 1, accountId("alice")),
      allowanceKey(one, 1, accountId("alicf")),
    ].map(toHex);
    expect(new Set(names).size).toBe(4);
  });
});
