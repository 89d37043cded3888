/**
 * One report from key to header, every value pinned. docs/PROTOCOL.md shows the same values: a stranger's client that
 * comes to them interoperates. A change of any value here is a new protocol version.
 */
import { describe, expect, it } from "vitest";
import * as core from "../src/index.ts";
import { implementations } from "./implementations.ts";
import example from "./vectors/worked-example.json" with { type: "json" };

const { given } = example;
const info: core.CredentialInfo = {
  environment: given.environment,
  useCase: given.useCase,
  keyVersion: given.keyVersion,
  epochSeconds: given.epochSeconds,
  epoch: given.epoch,
};

describe.each(implementations)("the worked example, by $name", ({ createPoprf }) => {
  it("comes to the values of the document", async () => {
    const scalars = [given.blind, given.proofNonce].map(core.fromHex);
    const poprf = await createPoprf({ randomScalar: () => core.scalar(scalars.shift() ?? new Uint8Array()) });

    const keys = poprf.deriveKeyPair(core.fromHex(given.keySeed), core.utf8(given.keyInfo));
    const { context, request } = core.createCredentialRequest({
      poprf,
      info,
      publicKey: keys.publicKey,
      count: 1,
      randomBytes: () => core.fromHex(given.token),
    });
    const infoBytes = core.credentialInfo(info);
    const response = poprf.blindEvaluateBatch(keys.secretKey, request.blinded, infoBytes);
    const [credential] = core.receiveCredentials({ poprf, context, response });
    if (credential === undefined) throw new Error("one credential was asked for");

    const { token, macKey } = credential;
    const body = core.utf8(given.body);
    const { contentType, contentEncoding } = given;
    const digest = core.transcriptDigest({ ...info, token, contentType, contentEncoding, body });
    const mac = core.reportMac(macKey, digest);
    const header = [
      "v1",
      credential.keyVersion,
      credential.epoch,
      core.toBase64Url(token),
      core.toBase64Url(mac),
    ];
    const bytes = {
      secretKey: keys.secretKey,
      publicKey: keys.publicKey,
      info: infoBytes,
      blinded: request.blinded[0],
      tweakedKey: context.tweakedKey,
      evaluated: response.evaluated[0],
      proof: response.proof,
      output: poprf.evaluate(keys.secretKey, token, infoBytes),
      macKey,
      bodyHex: body,
      transcriptDigest: digest,
      mac,
      reportId: core.reportIdOf(token, mac),
    };
    expect({
      ...Object.fromEntries(
        Object.entries(bytes).map(([name, value]) => [name, core.toHex(value ?? new Uint8Array())]),
      ),
      credentialHeader: header.join("."),
    }).toEqual(example.derived);
  });

  it("comes to the values of the document for two tokens in one request", async () => {
    const { tokens, blinds } = example.batch.given;
    const scalars = [...blinds, given.proofNonce].map(core.fromHex);
    const poprf = await createPoprf({ randomScalar: () => core.scalar(scalars.shift() ?? new Uint8Array()) });
    const keys = poprf.deriveKeyPair(core.fromHex(given.keySeed), core.utf8(given.keyInfo));
    const infoBytes = core.credentialInfo(info);
    const made = tokens.map((token) => poprf.blind(core.fromHex(token), infoBytes, keys.publicKey));
    const { evaluated, proof } = poprf.blindEvaluateBatch(
      keys.secretKey,
      made.map(({ blinded }) => blinded),
      infoBytes,
    );
    expect({
      blinded: made.map(({ blinded }) => core.toHex(blinded)),
      evaluated: evaluated.map(core.toHex),
      proof: core.toHex(proof),
      outputs: tokens.map((token) =>
        core.toHex(poprf.evaluate(keys.secretKey, core.fromHex(token), infoBytes)),
      ),
    }).toEqual(example.batch.derived);
  });
});
