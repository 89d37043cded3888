import type { UseCase } from "@dit/protocol/schemas";
import { type Clock, ProblemError, type WatchDependency } from "@dit/service-kit";
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type Authenticator, accountId, bearerOf } from "./authenticator.ts";

type JwtIssuance = Extract<UseCase["issuance"], { authenticator: "jwt" }>;

/** Signatures with a key pair only: with HS256 in the list, a public key could be taken for a shared secret. */
const ALGORITHMS = ["ES256", "EdDSA", "RS256"];
const CLOCK_TOLERANCE_SECONDS = 30;
const MAX_JWT_LENGTH = 8_192;
const JWKS_LIMITS = {
  timeoutDuration: 3_000,
  /** A key that is not known makes ACS ask the provider again no more often than this. */
  cooldownDuration: 10_000,
  cacheMaxAge: 600_000,
} as const;

/** The account is the subject of a JWT (RFC 7519) signed by the use case's identity provider; its keys come as a JWKS (RFC 7517). */
export function createJwtAuthenticator(o: {
  readonly issuance: JwtIssuance;
  readonly clock: Clock;
  readonly watchDependency: WatchDependency;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}): Authenticator {
  const { issuer, audience, jwksUrl } = o.issuance;
  const fetcher = o.fetch === undefined ? {} : { [customFetch]: o.fetch };
  const keySet = createRemoteJWKSet(new URL(jwksUrl), { ...JWKS_LIMITS, ...fetcher });
  const keyOf = orUnavailable(keySet, o.watchDependency);
  return {
    async authenticate(request) {
      const jwt = bearerOf(request);
      if (jwt.length > MAX_JWT_LENGTH) throw new ProblemError("unauthenticated");
      const { payload } = await jwtVerify(jwt, keyOf, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ["sub", "exp"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(o.clock.nowMs()),
      }).catch((error: unknown) => {
        // Why a token is refused is nobody's business but its issuer's.
        throw error instanceof ProblemError ? error : new ProblemError("unauthenticated");
      });
      return accountId(payload.sub);
    },
  };
}

/** A key that is not in the set is the caller's fault; a set that cannot be had is not. */
function orUnavailable(keySet: JWTVerifyGetKey, watchDependency: WatchDependency): JWTVerifyGetKey {
  const watch = watchDependency("jwks", (error) => !isCallersFault(error));
  return (header, token) =>
    watch
      .run("find_key", async () => keySet(header, token))
      .catch((error: unknown) => {
        throw isCallersFault(error) ? error : new ProblemError("dependency_unavailable");
      });
}

function isCallersFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
