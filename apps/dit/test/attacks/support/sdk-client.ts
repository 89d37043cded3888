import { gunzipSync } from "node:zlib";
import type { Timing } from "@dit/client";
import { type Client, createClient, createMemoryStore, type Diagnostic, type Store } from "@dit/client";
import { toBase64Url } from "@dit/crypto-core";
import { parseCredentialHeader } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import { keysOf } from "./account-client.ts";
import type { Deployment } from "./deployment.ts";
import { jwtUseCase } from "./use-cases.ts";

/** A request of the SDK and the status it was answered with. */
export interface Exchange {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly atMs: number;
  readonly status: number;
}

export interface SdkClient {
  readonly client: Client<UseCaseInput>;
  readonly exchanges: readonly Exchange[];
  readonly diagnostics: readonly Diagnostic[];
  /** Requests whose path ends so. */
  to(path: "/keys" | "/tokens" | "/reports"): Exchange[];
}

/** The SDK as an app has it, by the deployment's clock: it does something when it is told to flush. */
export async function startSdk(
  deployment: Deployment,
  options: {
    readonly acsUrl?: string;
    readonly timing?: Partial<Timing>;
    readonly store?: Store;
    readonly usesPerToken?: number;
  } = {},
): Promise<SdkClient> {
  const { acsUrl = deployment.acs[1].url, timing = { minTokenAgeMs: 0 }, usesPerToken } = options;
  const exchanges: Exchange[] = [];
  const diagnostics: Diagnostic[] = [];
  const account = crypto.randomUUID();
  const { keys } = await keysOf(deployment);
  const client = createClient<UseCaseInput>({
    useCase: jwtUseCase(
      deployment.identityProvider.jwksUrl,
      usesPerToken === undefined ? {} : { usesPerToken },
    ),
    environment: deployment.environment,
    acsUrl,
    edgeUrl: deployment.edgeUrls[0],
    pinnedKeys: keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey })),
    account: () => deployment.identityProvider.accountToken(account),
    consent: true,
    timing,
    limits: { maxEventsPerReport: 1, walletTargetTokens: 2, walletLowWaterTokens: 1 },
    platform: {
      nowMs: deployment.clock.nowMs,
      setTimer: () => undefined,
      clearTimer: () => undefined,
      store: options.store ?? createMemoryStore(),
      async fetch(url, init) {
        const atMs = deployment.clock.nowMs();
        const response = await fetch(url, init);
        const body = Buffer.from(await new Response(init.body ?? null).arrayBuffer());
        exchanges.push({ url, headers: new Headers(init.headers), body, atMs, status: response.status });
        return response;
      },
    },
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  return {
    client,
    exchanges,
    diagnostics,
    to: (path) => exchanges.filter(({ url }) => url.endsWith(path)),
  };
}

/** What an ingest could see of a report: the token it came with, and the pseudonym in it. */
export function seenOf({ headers, body }: Exchange): { readonly token: string; readonly pseudonym: string } {
  const credential = parseCredentialHeader(headers.get("dit-credential") ?? "");
  if (credential === undefined) throw new Error("a report without a credential");
  const plain = headers.get("content-encoding") === "gzip" ? gunzipSync(body) : body;
  const { pseudonym } = JSON.parse(plain.toString("utf8")) as { pseudonym: string };
  return { token: toBase64Url(credential.token), pseudonym };
}
