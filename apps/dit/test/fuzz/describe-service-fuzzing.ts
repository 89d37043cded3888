import { epochAt, toBase64Url, token, transcriptDigest } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, LIMITS, ROUTES } from "@dit/protocol";
import { nowSeconds, systemClock } from "@dit/service-kit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EDGE_SECRET,
  ENVIRONMENT,
  type Intake,
  openIntake,
  reportBody,
  type SignedReport,
  signReport,
  useCase,
} from "../edge-parser/intake.ts";
import { type FuzzTarget, fuzz, REFUSED } from "./fuzz.ts";
import { fuzzSeed } from "./fuzz-seed.ts";
import { base64UrlBytes, isObject, jsonOf } from "./models.ts";
import { mutated } from "./mutated.ts";
import { withOddValues } from "./odd-values.ts";
import { isElement } from "./ristretto.ts";
import { credentialHeader } from "./targets/credential-header.ts";
import { rightReport, type SentBody, sentBodies } from "./targets/report-body.ts";
import { rightIssueEnvelope, rightRedeem } from "./targets/service-bodies.ts";
import { DOCUMENTS, isRightDocument } from "./targets/use-case-document.ts";

const START_WITHIN_MS = 90_000;
const MAX_MS_PER_INPUT = 20;
/** One that never ends is what is looked for: an accepted document waits for several writes, and for as slow a disk as there may be. */
const MAX_REQUEST_MS = 2_000;
const EPOCH_SECONDS = 86_400;
const GRACE_SECONDS = 3_600;
/** RFC 9496 appendix A.1. */
const GENERATOR = Buffer.from(
  "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
  "hex",
).toString("base64url");
/**
 * Each one that is accepted makes keys, and stays: ACS reads all its use cases at each change of one, so that thousands of them
 * would measure their number and not the parser, which `parsers.test.ts` gives as many documents as inputs.
 */
const MAX_DOCUMENTS = 500;
/** Each accepted one is flushed to the disk before it is answered. */
const INPUTS_PER_REPORT = 4;

/** Whole requests through the apps of ACS and ingest, on real stores: never a 5xx, and the answer that a model gives. */
export function describeServiceFuzzing(count: number): void {
  const seed = fuzzSeed();
  let intake: Intake;
  let genuine: SignedReport;
  let sign: (sent: SentBody) => SignedReport;
  let accounts = 0;

  beforeAll(async () => {
    intake = await openIntake();
    const credentials = await intake.credentials(Math.min(128, LIMITS.maxTokensPerIssueRequest));
    let signed = 0;
    sign = ({ bytes, encoding }) => {
      const credential = credentials[signed++ % credentials.length];
      if (credential === undefined) throw new Error("no credential was issued");
      return signReport(credential, bytes, encoding);
    };
    genuine = sign({ encoding: "", bytes: reportBody(1) });
  }, START_WITHIN_MS);
  afterAll(() => intake.close(), START_WITHIN_MS);

  const thisEpoch = () => epochAt(nowSeconds(systemClock), EPOCH_SECONDS);
  const isRedeemable = (epoch: number) => {
    const now = nowSeconds(systemClock);
    return epoch * EPOCH_SECONDS <= now && now < (epoch + 1) * EPOCH_SECONDS + GRACE_SECONDS;
  };
  const run = async <Input>(target: FuzzTarget<Input>, inputs = count): Promise<void> => {
    const { accepted, refused } = await fuzz(target, { count: inputs, seed, maxMs: MAX_REQUEST_MS });
    expect(accepted + refused).toBe(inputs);
    expect(accepted).toBeGreaterThan(inputs / 100);
    expect(refused).toBeGreaterThan(inputs / 100);
    expect(intake.logLines.filter((each) => each.includes("request.failed"))).toEqual([]);
  };
  const post = (path: string, headers: Record<string, string>, body: Uint8Array) =>
    intake.acs.fetch(
      new Request(`http://acs${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: Uint8Array.from(body),
      }),
    );
  const report = ({ path, headers, body }: SignedReport) =>
    intake.ingest.app.fetch(
      new Request(`http://ingest${path}`, {
        method: "POST",
        headers: { ...headers, "dit-edge": EDGE_SECRET },
        body,
      }),
    );

  describe(`${count} whole requests (reports a quarter, documents at most ${MAX_DOCUMENTS}), seed ${seed}`, () => {
    const options = { timeout: START_WITHIN_MS + count * MAX_MS_PER_INPUT };

    it("for tokens", options, async () => {
      const elements = await someElements(intake);
      const samples = [
        { keyVersion: 1, epoch: thisEpoch(), blinded: elements.slice(0, 1) },
        { keyVersion: 1, epoch: thisEpoch() + 1, blinded: elements },
      ];
      await run({
        name: "tokens",
        inputs: hostileBodies(samples),
        async product(body) {
          const headers = intake.asAccount(`account_${accounts++}`);
          const answer = await post(ROUTES.issueTokens(useCase.useCase), headers, body);
          if (answer.status !== 200) return await refusalOf(answer);
          return `issued ${((await answer.json()) as { evaluated: unknown[] }).evaluated.length}`;
        },
        reference(body) {
          const wanted =
            body.length > 16_384 ? undefined : rightIssueEnvelope(jsonOf(body, "skipped")?.value);
          if (body.length > 16_384) return `${REFUSED}413 payload_too_large`;
          if (wanted === undefined) return `${REFUSED}400 malformed_request`;
          const { keyVersion, epoch, blinded } = wanted;
          const isIssuable = keyVersion === 1 && (epoch === thisEpoch() || epoch === thisEpoch() + 1);
          if (!isIssuable) return `${REFUSED}409 epoch_not_issuable`;
          const areElements = blinded.every((text) => isElement(base64UrlBytes(text) ?? new Uint8Array()));
          return areElements ? `issued ${blinded.length}` : `${REFUSED}422 blinded_element_invalid`;
        },
      });
    });

    it("to redeem", options, async () => {
      const items = Array.from({ length: 3 }, (_, mark) =>
        redemptionOf(sign({ encoding: "", bytes: reportBody(mark) })),
      );
      const known = new Set(items.map((item) => JSON.stringify(item)));
      await run({
        name: "redeem",
        inputs: hostileBodies([{ items }, { items: items.slice(0, 1) }]),
        async product(body) {
          const answer = await post(ROUTES.redeem, intake.asService, body);
          if (answer.status !== 200) return await refusalOf(answer);
          const { results } = (await answer.json()) as { results: { outcome: string; code?: string }[] };
          return results.map(({ outcome, code }) => code ?? (outcome === "refused" ? "?" : "counted")).join();
        },
        reference(body) {
          if (body.length > 131_072) return `${REFUSED}413 payload_too_large`;
          const json = jsonOf(body, "skipped")?.value;
          if (rightRedeem(json) === undefined) return `${REFUSED}400 malformed_request`;
          const { items: asked } = json as { items: typeof items };
          return asked
            .map(({ useCase: id, keyVersion, epoch, token: tokenText, mac, transcript }) => {
              if (id !== useCase.useCase) return "use_case_unavailable";
              if (!isRedeemable(epoch)) return "epoch_expired";
              const item = { useCase: id, keyVersion, epoch, token: tokenText, mac, transcript };
              return known.has(JSON.stringify(item)) ? "counted" : "credential_invalid";
            })
            .join();
        },
      });
    });

    it("with reports whose MAC holds", options, async () => {
      const inputs = Math.ceil(count / INPUTS_PER_REPORT);
      await run(
        {
          name: "reports",
          inputs: sentBodies(Math.floor(nowSeconds(systemClock))),
          async product(sent) {
            const answer = await report(sign(sent));
            return answer.status === 202 ? "accepted" : await refusalOf(answer);
          },
          reference(sent) {
            if (sent.bytes.length > 65_536) return `${REFUSED}413 payload_too_large`;
            return [rightReport(sent, nowSeconds(systemClock))].flat().map((verdict) => {
              if (!verdict.startsWith(REFUSED)) return "accepted";
              const code = verdict.slice(REFUSED.length);
              return `${REFUSED}${STATUS[code]} ${code}`;
            });
          },
        },
        inputs,
      );
    });

    it("with credentials", options, async () => {
      const header = genuine.headers[CREDENTIAL_HEADER] ?? "";
      await run({
        name: "credentials",
        inputs: fc
          .oneof(
            mutated([Buffer.from(header)], 2).map((bytes) => bytes.toString("latin1")),
            credentialHeader.inputs,
          )
          .filter(isHeaderValue),
        async product(text) {
          const answer = await report({
            ...genuine,
            headers: { ...genuine.headers, [CREDENTIAL_HEADER]: text },
          });
          return answer.status === 202 ? "accepted" : await refusalOf(answer);
        },
        reference(text) {
          // Blanks around a value are not part of it (RFC 9110 section 5.5).
          const value = text.replace(/^[\t ]+|[\t ]+$/g, "");
          if (value === header) return "accepted";
          const isShaped = credentialHeader.reference(value) !== REFUSED;
          const isExpired = isShaped && !isRedeemable(Number(value.split(".")[2]));
          return isExpired ? `${REFUSED}409 epoch_expired` : `${REFUSED}401 credential_invalid`;
        },
      });
    });

    it("with use-case documents", options, async () => {
      const inputs = Math.min(count, MAX_DOCUMENTS);
      let applied = 0;
      await run(
        {
          name: "documents",
          inputs: withOddValues(DOCUMENTS.map((each) => ({ ...each, useCase: "fuzzed" }))),
          async product(text) {
            // Each under a name of its own: what one may change in a document that is there is another question.
            const id = `fuzzed_${applied++}`;
            const answer = await intake.acs.fetch(
              new Request(`http://acs${ROUTES.useCase(id)}`, {
                method: "PUT",
                headers: { "content-type": "application/json", ...intake.asAdmin },
                body: text.replace('"useCase":"fuzzed"', `"useCase":"${id}"`),
              }),
            );
            return answer.status === 201 ? "created" : await refusalOf(answer);
          },
          reference(text) {
            const json = jsonOf(Buffer.from(text), "refused");
            if (json === undefined) return `${REFUSED}400 malformed_request`;
            const isRight = isRightDocument(json.value) && json.value.useCase === "fuzzed";
            return isRight ? "created" : `${REFUSED}422 use_case_invalid`;
          },
        },
        inputs,
      );
    });
  });
}

const STATUS: Readonly<Record<string, number>> = {
  malformed_request: 400,
  payload_too_large: 413,
  report_invalid: 422,
};

async function refusalOf(answer: Response): Promise<string> {
  const problem: unknown = await answer.json();
  if (!isObject(problem) || answer.headers.get("content-type") !== "application/problem+json")
    return "no problem document";
  return `${REFUSED}${answer.status} ${problem.code}`;
}

function hostileBodies(samples: readonly unknown[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    mutated(samples.map((sample) => Buffer.from(JSON.stringify(sample)))),
    withOddValues(samples).map((text) => Buffer.from(text)),
  );
}

/** What a field of HTTP can hold. */
function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** Elements, to be blinded ones: any will do. */
async function someElements(intake: Intake): Promise<string[]> {
  const { keys } = await intake.keys();
  const [publicKey = ""] = keys.map((key) => key.publicKey);
  return [publicKey, GENERATOR, publicKey];
}

/** What ingest asks ACS about a report. */
function redemptionOf({ headers, body }: SignedReport) {
  const [, keyVersion, epoch, tokenText = "", macText = ""] = (headers[CREDENTIAL_HEADER] ?? "").split(".");
  const transcript = transcriptDigest({
    environment: ENVIRONMENT,
    useCase: useCase.useCase,
    keyVersion: Number(keyVersion),
    epoch: Number(epoch),
    token: token(base64UrlBytes(tokenText) ?? new Uint8Array()),
    contentType: "application/json",
    contentEncoding: "",
    body,
  });
  return {
    useCase: useCase.useCase,
    keyVersion: Number(keyVersion),
    epoch: Number(epoch),
    token: tokenText,
    mac: macText,
    transcript: toBase64Url(transcript),
  };
}
