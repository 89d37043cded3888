import { isDeepStrictEqual } from "node:util";
import type { UseCase } from "@dit/protocol/schemas";
import { ProblemError } from "@dit/service-kit";
import type { AcsContext } from "../context.ts";
import { createApplicationServerAuthenticator } from "./application-server.ts";
import type { Authenticator } from "./authenticator.ts";
import { isJwksUrlAllowed } from "./jwks-url.ts";
import { createJwtAuthenticator } from "./jwt.ts";

type Issuance = UseCase["issuance"];

/** The authenticator of each use case; one that has fetched keys keeps them until the document says otherwise. */
export function createAuthenticators(context: AcsContext): (useCase: UseCase) => Authenticator {
  const made = new Map<string, { readonly issuance: Issuance; readonly authenticator: Authenticator }>();
  return ({ useCase, issuance }) => {
    const known = made.get(useCase);
    if (known !== undefined && isDeepStrictEqual(known.issuance, issuance)) return known.authenticator;
    const authenticator = createAuthenticator(context, issuance);
    made.set(useCase, { issuance, authenticator });
    return authenticator;
  };
}

function createAuthenticator(context: AcsContext, issuance: Issuance): Authenticator {
  const { clock, logger, config, jwksFetch } = context;
  if (issuance.authenticator === "application_server") {
    return createApplicationServerAuthenticator({
      serverId: issuance.serverId,
      servers: config.applicationServers,
    });
  }
  // The document was checked when it was applied, but perhaps by an instance that was not in production.
  if (!isJwksUrlAllowed(issuance.jwksUrl, config.production)) throw new ProblemError("use_case_unavailable");
  return createJwtAuthenticator({
    issuance,
    clock,
    logger,
    ...(jwksFetch === undefined ? {} : { fetch: jwksFetch }),
  });
}
