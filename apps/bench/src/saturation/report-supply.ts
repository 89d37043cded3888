import type { Credential } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { LIMITS, ROUTES } from "@dit/protocol";
import { createAcsAdminClient, Secret } from "@dit/service-kit";
import { simulatedUseCase } from "@dit/simulator";
import {
  fetchTokens,
  type LoadTarget,
  newAccounts,
  readKeys,
  reportBody,
  signedHeaders,
} from "../capacity/load.ts";
import type { Box } from "./box.ts";

const EVENTS_PER_REPORT = 20;
/** Each goes out once with each token: a report is a token and a body. */
const BODIES = LIMITS.maxUsesPerToken;
const TOKENS_PER_ACCOUNT = LIMITS.maxTokensPerIssueRequest;
const ACCOUNTS = 4;

export interface PreparedReport {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Reports that were never sent, signed before anybody looks at a clock. */
export interface ReportSupply {
  /** Throws once there are no more. */
  take(count: number): PreparedReport[];
}

export async function createReportSupply(box: Box): Promise<ReportSupply> {
  const { acsUrl, edgeUrl, identityProviderUrl } = box.addresses;
  const poprf = await createLibsodiumPoprf();
  const target: LoadTarget = {
    ...{ acsUrl, edgeUrl, identityProviderUrl },
    environment: box.environment,
    poprf,
  };
  await allowAllUses(box);
  const tokens = await fetchAllTokens(target);
  const bodies = Array.from({ length: BODIES }, () => reportBody(EVENTS_PER_REPORT));
  const path = ROUTES.reports(simulatedUseCase.useCase);
  const reports = inPairs(bodies, tokens);
  return {
    take: (count) =>
      Array.from({ length: count }, () => {
        const { value } = reports.next();
        if (value === undefined) throw new Error("every report that was prepared has been sent");
        const [body, token] = value;
        const headers = {
          ...signedHeaders(box.environment, token, body),
          "content-length": String(body.length),
        };
        return { path, headers, body };
      }),
  };
}

/** As many uses a token as there may be, so that few tokens are enough. */
async function allowAllUses({ addresses, adminSecret }: Box): Promise<void> {
  const { acsUrl: baseUrl, identityProviderUrl } = addresses;
  const { issuance } = simulatedUseCase;
  const admin = createAcsAdminClient({ baseUrl, adminSecret: new Secret(adminSecret) });
  await admin.applyUseCase({
    ...simulatedUseCase,
    usesPerToken: LIMITS.maxUsesPerToken,
    issuance: {
      ...issuance,
      tokensPerEpoch: TOKENS_PER_ACCOUNT,
      jwksUrl: `${identityProviderUrl}/.well-known/jwks.json`,
    },
  });
}

async function fetchAllTokens(target: LoadTarget): Promise<Credential[]> {
  const keys = await readKeys(target);
  const batches: Credential[][] = [];
  for (const account of await newAccounts(target, ACCOUNTS)) {
    batches.push(await fetchTokens(target, keys, account, TOKENS_PER_ACCOUNT));
  }
  return batches.flat();
}

/** Tokens in turn, so that uses of one do not come together. */
function* inPairs(bodies: readonly Uint8Array[], tokens: readonly Credential[]) {
  for (const body of bodies) for (const token of tokens) yield [body, token] as const;
}
