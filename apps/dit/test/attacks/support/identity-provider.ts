import { type Clock, listen, nowSeconds } from "@dit/service-kit";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { AUDIENCE, ISSUER } from "./use-cases.ts";

/** What a forger may get wrong in an account token. */
export interface TokenClaims {
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds from now; negative: it has expired. */
  readonly expiresInSeconds?: number;
  /** Signed by somebody else's key, under this provider's key id. */
  readonly forged?: boolean;
}

export interface TestIdentityProvider {
  readonly jwksUrl: string;
  accountToken(account: string, claims?: TokenClaims): Promise<string>;
  close(): Promise<void>;
}

const KEY_ID = "attacks-1";

/** Publishes its keys over HTTP and vouches for any account, by the deployment's clock. */
export async function startIdentityProvider(clock: Clock): Promise<TestIdentityProvider> {
  const own = await generateKeyPair("ES256");
  const foreign = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(own.publicKey)), kid: KEY_ID, alg: "ES256", use: "sig" };
  const server = await listen({
    fetch: () => Response.json({ keys: [jwk] }),
    host: "127.0.0.1",
    port: 0,
  });
  return {
    jwksUrl: `${server.url}/jwks.json`,
    accountToken(account, claims = {}) {
      const { issuer = ISSUER, audience = AUDIENCE, expiresInSeconds = 600, forged = false } = claims;
      const key: CryptoKey = forged ? foreign.privateKey : own.privateKey;
      const now = nowSeconds(clock);
      return new SignJWT({})
        .setProtectedHeader({ alg: "ES256", kid: KEY_ID })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(account)
        .setIssuedAt(now - 3_600)
        .setExpirationTime(now + expiresInSeconds)
        .sign(key);
    },
    close: () => server.close(),
  };
}
