import { createClient, type Diagnostic, type PinnedKey } from "@dit/client";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import type { Secret } from "@dit/service-kit";
import { fetchAccessToken } from "@dit/simulator";
import type { Addresses } from "../addresses.ts";
import { doctorUseCase } from "../pipeline/development-use-cases.ts";

interface SyntheticEventOptions {
  readonly addresses: Addresses;
  readonly environment: string;
  /** Of an account; by default the development identity provider is asked for one. */
  readonly accessToken: Secret | undefined;
}

export interface SyntheticEvent {
  /** Resolves once tokens are there: issuance, proof and pinned key were right. */
  readonly tokens: Promise<string>;
  /** Resolves with the report's id (hex) once it was answered 202. */
  readonly reportId: Promise<string>;
}

const NO_WAITING = {
  minTokenAgeMs: 0,
  tokenFetchDitherMs: 0,
  flushIntervalMs: 50,
  ditherMs: 1,
  backoffBaseMs: 200,
  backoffCapMs: 500,
};
const ACCOUNT_FAILED =
  "no access token: the development identity provider gives none; in production set DIT_AT_ACCESS_TOKEN";
const GIVE_UP_AFTER_MS = 15_000;

/** Sends one event as an app would, through the SDK. */
export async function sendSyntheticEvent(options: SyntheticEventOptions): Promise<SyntheticEvent> {
  const { addresses, environment } = options;
  const tokens = Promise.withResolvers<string>();
  const report = Promise.withResolvers<string>();
  const fail = (reason: string) => {
    tokens.reject(new Error(reason));
    report.reject(new Error(reason));
  };
  const client = createClient({
    useCase: doctorUseCase,
    environment,
    acsUrl: addresses.acsUrl,
    edgeUrl: addresses.edgeUrl,
    pinnedKeys: await publishedKeys(addresses.acsUrl),
    account: async () =>
      options.accessToken?.reveal() ?? fetchAccessToken(addresses.identityProviderUrl, "dit-doctor"),
    consent: true,
    poprf: await createLibsodiumPoprf(),
    timing: NO_WAITING,
    limits: { walletTargetTokens: 1, walletLowWaterTokens: 0 },
    onDiagnostic: (diagnostic) => {
      if (diagnostic.name === "tokens_fetched" && diagnostic.outcome === "ok")
        tokens.resolve(`in ${Math.round(diagnostic.latencyMs)} ms`);
      else if (diagnostic.name === "report_accepted") report.resolve(diagnostic.reportId);
      else if (diagnostic.name !== "keys_fetched" || diagnostic.outcome !== "ok") fail(explain(diagnostic));
    },
  });
  const timer = setTimeout(() => fail(`nothing happened for ${GIVE_UP_AFTER_MS} ms`), GIVE_UP_AFTER_MS);
  const ended = Promise.allSettled([tokens.promise, report.promise]).then(async () => {
    clearTimeout(timer);
    await client.close();
  });
  ended.catch(() => {});
  client.log("heartbeat", { synthetic: true });
  return { tokens: tokens.promise, reportId: report.promise };
}

/** An operator trusts the ACS of their own: what it publishes now is what is pinned. */
async function publishedKeys(acsUrl: string): Promise<PinnedKey[]> {
  const url = acsUrl + ROUTES.keys(doctorUseCase.useCase);
  const response = await fetch(url).catch(() => undefined);
  if (response === undefined) throw new Error(`ACS does not answer at ${acsUrl}`);
  if (response.status === 404)
    throw new Error(`ACS has no use case ${doctorUseCase.useCase}: apply docs/examples/doctor.yaml`);
  if (!response.ok) throw new Error(`ACS shows no keys of ${doctorUseCase.useCase} (${response.status})`);
  const { keys } = (await response.json()) as KeyDocument;
  return keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey }));
}

function explain(diagnostic: Diagnostic): string {
  if (diagnostic.name === "issuer_refused") return `the client refuses the issuer: ${diagnostic.reason}`;
  if (diagnostic.name === "account_failed") return ACCOUNT_FAILED;
  return "outcome" in diagnostic ? `${diagnostic.name}: ${diagnostic.outcome}` : diagnostic.name;
}
