import {
  type Clock,
  createHttpApp,
  type Logger,
  listen,
  type Metrics,
  nowSeconds,
  ProblemError,
  readJson,
  systemClock,
} from "@dit/service-kit";
import type { Hono } from "hono";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { z } from "zod";

export const DEVELOPMENT_AUDIENCE = "dit-development";

const TOKEN_LIFETIME_SECONDS = 3600;
const MAX_BODY_BYTES = 1024;
const LOOPBACK_HOSTS = ["127.0.0.1", "::1", "localhost"];

export interface DevelopmentIdentityProvider {
  readonly url: string;
  readonly jwksUrl: string;
  close(): Promise<void>;
}

/**
 * Signs an access token for any account that is named: there is no login. It exists so that the pipeline can be tried on one
 * machine, listens on loopback only and refuses to run in production mode. `isReachable`: it may listen elsewhere, as in a container, whose
 * network nobody else is on.
 */
export async function startDevelopmentIdentityProvider(options: {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock?: Clock;
  readonly config: { readonly production: boolean; readonly listenHost: string; readonly listenPort: number };
  readonly isReachable?: boolean;
}): Promise<DevelopmentIdentityProvider> {
  const { production, listenHost: host, listenPort: port } = options.config;
  if (production) throw new Error("the development identity provider is refused in production mode");
  if (options.isReachable !== true && !LOOPBACK_HOSTS.includes(host)) {
    throw new Error("the development identity provider listens on loopback only");
  }
  const app = await createDevelopmentIdentityProviderApp(options);
  const server = await listen({ fetch: app.fetch, host, port });
  return { url: server.url, jwksUrl: `${server.url}/.well-known/jwks.json`, close: () => server.close() };
}

/** The token's issuer is a fixed name, so that a use case does not change when the port does. */
export const DEVELOPMENT_ISSUER = "dit-development-identity-provider";

async function createDevelopmentIdentityProviderApp(options: {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock?: Clock;
}): Promise<Hono> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: crypto.randomUUID(), alg: "ES256", use: "sig" };
  const app = createHttpApp({ service: "development_identity_provider", ...options });
  app.get("/.well-known/jwks.json", (c) => c.json({ keys: [jwk] }));
  app.post("/token", async (c) => {
    const { account } = await readJson(c.req.raw, tokenRequestSchema, MAX_BODY_BYTES);
    if (account.trim() === "") throw new ProblemError("malformed_request");
    const issuedAt = nowSeconds(options.clock ?? systemClock);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid: jwk.kid })
      .setIssuer(DEVELOPMENT_ISSUER)
      .setAudience(DEVELOPMENT_AUDIENCE)
      .setSubject(account)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + TOKEN_LIFETIME_SECONDS)
      .sign(privateKey);
    return c.json({ access_token: token, token_type: "Bearer", expires_in: TOKEN_LIFETIME_SECONDS });
  });
  return app;
}

const tokenRequestSchema = z.strictObject({ account: z.string().min(1).max(200) });
