import { hkdfSync } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { element, poprfOutput, proof } from "./bytes.ts";
import {
  type CredentialRequest,
  type CredentialResponse,
  createCredentialRequest,
  deriveMacKey,
  receiveCredentials,
} from "./credential.ts";
import { utf8 } from "./framing.ts";
import { type CredentialInfo, credentialInfo } from "./info.ts";
import { createLibsodiumPoprf } from "./libsodium.ts";
import { createNoblePoprf } from "./poprf/noble.ts";
import type { Poprf } from "./poprf/poprf.ts";

const INFO: CredentialInfo = {
  environment: "production",
  useCase: "app",
  keyVersion: 3,
  epochSeconds: 86400,
  epoch: 20000,
};

describe("credentials", () => {
  const client = createNoblePoprf();
  let issuer: Poprf;
  let keys: ReturnType<Poprf["generateKeyPair"]>;
  beforeAll(async () => {
    issuer = await createLibsodiumPoprf();
    keys = issuer.generateKeyPair();
  });

  const ask = (count: number, info = INFO) =>
    createCredentialRequest({ poprf: client, info, publicKey: keys.publicKey, count });
  const answer = (request: CredentialRequest, info = INFO): CredentialResponse =>
    issuer.blindEvaluateBatch(keys.secretKey, request.blinded, credentialInfo(info));

  it("have the MAC key that the redeemer derives from the token alone", () => {
    const { context, request } = ask(3);
    const credentials = receiveCredentials({ poprf: client, context, response: answer(request) });
    expect(credentials).toHaveLength(3);
    for (const credential of credentials) {
      const output = issuer.evaluate(keys.secretKey, credential.token, credentialInfo(INFO));
      expect(credential).toEqual({
        keyVersion: 3,
        epoch: 20000,
        token: credential.token,
        macKey: deriveMacKey(output),
      });
    }
    expect(new Set(credentials.map((credential) => String(credential.token))).size).toBe(3);
  });

  it("are asked for with blinded elements and nothing else", () => {
    const { request } = ask(2);
    expect(Object.keys(request).sort()).toEqual(["blinded", "epoch", "keyVersion"]);
    expect(request.blinded).toHaveLength(2);
  });

  const others: [string, Partial<CredentialInfo>][] = [
    ["environment", { environment: "staging" }],
    ["use case", { useCase: "app2" }],
    ["key version", { keyVersion: 4 }],
    ["epoch length", { epochSeconds: 3600 }],
    ["epoch", { epoch: 20001 }],
    ["border between environment and use case", { environment: "productiona", useCase: "pp" }],
  ];
  it.each(others)("are refused when the issuer evaluates for another %s", (_name, change) => {
    const { context, request } = ask(1);
    const response = answer(request, { ...INFO, ...change });
    expect(() => receiveCredentials({ poprf: client, context, response })).toThrow(code("proof_invalid"));
  });

  it("are refused as a whole: one more, one less, swapped, identity, another's proof", () => {
    const { context, request } = ask(2);
    const good = answer(request);
    const [a, b] = good.evaluated;
    if (a === undefined || b === undefined) throw new Error("two were asked for");
    const receive = (response: CredentialResponse) => () =>
      receiveCredentials({ poprf: client, context, response });
    expect(receive({ ...good, evaluated: [a, b, b] })).toThrow(code("batch_invalid"));
    expect(receive({ ...good, evaluated: [a] })).toThrow(code("batch_invalid"));
    expect(receive({ ...good, evaluated: [] })).toThrow(code("batch_invalid"));
    expect(receive({ ...good, evaluated: [b, a] })).toThrow(code("proof_invalid"));
    expect(receive({ ...good, evaluated: [a, element(new Uint8Array(32))] })).toThrow(
      code("element_invalid"),
    );
    expect(receive({ ...good, proof: answer(ask(2).request).proof })).toThrow(code("proof_invalid"));
    expect(receive({ ...good, proof: proof(new Uint8Array(64)) })).toThrow(code("proof_invalid"));
    expect(receive(good)()).toHaveLength(2);
  });

  it("are refused from an issuer with another key than the pinned one", () => {
    const { context, request } = ask(1);
    const foreign = issuer.generateKeyPair();
    const response = issuer.blindEvaluateBatch(foreign.secretKey, request.blinded, credentialInfo(INFO));
    expect(() => receiveCredentials({ poprf: client, context, response })).toThrow(code("proof_invalid"));
  });

  it.each([0, -1, 1.5, 65536, Number.NaN])("cannot be asked for %d at a time", (count) => {
    expect(() => ask(count)).toThrow(code("batch_invalid"));
  });
});

describe("deriveMacKey", () => {
  it("is HKDF-SHA256 as Node's crypto computes it", () => {
    const output = poprfOutput(new Uint8Array(64).fill(6));
    const expected = hkdfSync("sha256", output, new Uint8Array(), utf8("DIT-v1 mac key"), 32);
    expect(deriveMacKey(output)).toEqual(new Uint8Array(expected));
  });
});

function code(expected: string) {
  return expect.objectContaining({ name: "CryptoError", code: expected });
}
