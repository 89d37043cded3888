import {
  type Credential,
  mac,
  reportIdOf,
  reportMac,
  toBase64Url,
  toHex,
  token,
  transcriptDigest,
  utf8,
  webCryptoRandomBytes,
} from "@dit/crypto-core";
import {
  CREDENTIAL_HEADER,
  formatCredentialHeader,
  LIMITS,
  type ProblemCode,
  parseCredentialHeader,
  ROUTES,
} from "@dit/protocol";
import type { SimulationWorld } from "./setting.ts";
import { simulatedUseCase } from "./use-case.ts";

/** How an attack was answered, one entry a request; `accepted` for 202. */
export type Answer = ProblemCode | "accepted" | "unreachable";

export interface AttackTools {
  readonly credential: Credential;
  /** Signs a report as the SDK would; `environment` may be another one. */
  sign(body: Uint8Array, environment?: string): string;
  send(header: string, body: Uint8Array): Promise<Answer>;
  /** A valid body that says when it was made, so that no two are the same. */
  body(): Uint8Array;
  bodyOf(fields: Readonly<Record<string, unknown>>): Uint8Array;
  /** Different reports that were accepted with this credential. */
  acceptedReports(): number;
}

interface Attack {
  /** What every request that is no genuine report must be answered. */
  readonly expected: Answer;
  /** Answers of the attacking requests alone; genuine reports that lead up to them are not in it. */
  run(tools: AttackTools): Promise<Answer[]>;
}

/** What a hostile client does in turn, with a genuine credential in its hand, and what must come of it. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  forged_credential: {
    expected: "credential_invalid",
    run: async ({ credential, send, body }) => [
      await send(
        formatCredentialHeader({
          ...credential,
          token: token(webCryptoRandomBytes(32)),
          mac: mac(webCryptoRandomBytes(32)),
        }),
        body(),
      ),
    ],
  },
  wrong_mac: {
    expected: "credential_invalid",
    run: async ({ credential, send, body }) => [
      await send(formatCredentialHeader({ ...credential, mac: mac(webCryptoRandomBytes(32)) }), body()),
    ],
  },
  mac_of_another_body: {
    expected: "credential_invalid",
    run: async ({ sign, send, body }) => [await send(sign(utf8("{}")), body())],
  },
  mac_of_another_environment: {
    expected: "credential_invalid",
    run: async ({ sign, send, body }) => {
      const sent = body();
      return [await send(sign(sent, "another"), sent)];
    },
  },
  malformed_credential: {
    expected: "credential_invalid",
    run: async ({ sign, send, body }) => {
      const sent = body();
      return [await send(`${sign(sent)}A`, sent)];
    },
  },
  invalid_report: {
    expected: "report_invalid",
    run: async ({ sign, send, bodyOf }) => {
      const sent = bodyOf({ planned_ms: "soon" });
      return [await send(sign(sent), sent)];
    },
  },
  oversized_body: {
    expected: "payload_too_large",
    run: async ({ sign, send }) => {
      const sent = new Uint8Array(LIMITS.maxReportBodyBytes + 1).fill(0x20);
      return [await send(sign(sent), sent)];
    },
  },
  replay: {
    expected: "accepted",
    run: async ({ sign, send, body }) => {
      const sent = body();
      const header = sign(sent);
      await send(header, sent);
      return [await send(header, sent), await send(header, sent)];
    },
  },
  over_use: {
    expected: "token_exhausted",
    run: async ({ sign, send, body, acceptedReports }) => {
      const answers: Answer[] = [];
      for (let use = 0; use < simulatedUseCase.usesPerToken + 3; use++) {
        const sent = body();
        const answer = await send(sign(sent), sent);
        if (answer !== "accepted" || acceptedReports() > simulatedUseCase.usesPerToken) answers.push(answer);
      }
      return answers;
    },
  },
};

export function createAttackTools(options: {
  readonly world: SimulationWorld;
  readonly credential: Credential;
  readonly onSent: () => void;
  readonly onAccepted: (reportId: string, latencyMs: number) => void;
  readonly onRefused: (answer: Exclude<Answer, "accepted">) => void;
}): AttackTools {
  const { world, credential } = options;
  const accepted = new Set<string>();
  const pseudonym = toBase64Url(webCryptoRandomBytes(LIMITS.pseudonymBytes));
  const url = world.edgeUrl + ROUTES.reports(simulatedUseCase.useCase);
  const bodyOf = (fields: Readonly<Record<string, unknown>>) => {
    const at = Math.floor(Date.now() / 60_000) * 60;
    return utf8(JSON.stringify({ pseudonym, events: [{ name: "timer_fired", at, fields }] }));
  };
  return {
    credential,
    body: () => bodyOf({ planned_ms: 0, late_ms: performance.now() }),
    bodyOf,
    sign: (body, environment = world.environment) => {
      const digest = transcriptDigest({
        environment,
        useCase: simulatedUseCase.useCase,
        keyVersion: credential.keyVersion,
        epoch: credential.epoch,
        token: credential.token,
        contentType: "application/json",
        contentEncoding: "",
        body,
      });
      return formatCredentialHeader({ ...credential, mac: reportMac(credential.macKey, digest) });
    },
    send: async (header, body) => {
      const start = performance.now();
      options.onSent();
      const answer = await post(url, header, body);
      const reportId = reportIdOfHeader(header);
      if (answer !== "accepted") options.onRefused(answer);
      else if (!accepted.has(reportId)) options.onAccepted(reportId, performance.now() - start);
      if (answer === "accepted") accepted.add(reportId);
      return answer;
    },
    acceptedReports: () => accepted.size,
  };
}

async function post(url: string, header: string, body: Uint8Array): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", [CREDENTIAL_HEADER]: header },
      body: body.slice(),
    });
    if (response.status === 202) return "accepted";
    return ((await response.json()) as { code: ProblemCode }).code;
  } catch {
    return "unreachable";
  }
}

/** Empty for a header that is none: nothing accepts it. */
function reportIdOfHeader(header: string): string {
  const parsed = parseCredentialHeader(header);
  return parsed === undefined ? "" : toHex(reportIdOf(parsed.token, parsed.mac));
}
