import type { UseCaseInput } from "@dit/protocol/schemas";

export const ISSUER = "https://id.attacks.test";
export const AUDIENCE = "dit-attacks";
export const QUOTA = 10;
export const USES_PER_TOKEN = 64;
export const DAY_SECONDS = 86_400;
export const GRACE_SECONDS = 3_600;

/** A use case whose accounts are those of the deployment's identity provider. */
export function jwtUseCase(jwksUrl: string, changes: Partial<UseCaseInput> = {}): UseCaseInput {
  return {
    useCase: "messaging",
    owner: "Messaging team",
    purpose: "Reliability of delivery",
    issuance: { authenticator: "jwt", issuer: ISSUER, audience: AUDIENCE, jwksUrl, tokensPerEpoch: QUOTA },
    epoch: { seconds: DAY_SECONDS, graceSeconds: GRACE_SECONDS },
    usesPerToken: USES_PER_TOKEN,
    events: {
      delivered: {
        fields: { number: { type: "integer", min: 0, max: 1_000_000 }, ok: { type: "boolean" } },
      },
    },
    ...changes,
  };
}

/** A use case that only one application server may fetch tokens for. */
export const partnerUseCase: UseCaseInput = {
  ...jwtUseCase("http://127.0.0.1/unused"),
  useCase: "partner_app",
  issuance: { authenticator: "application_server", serverId: "partner_server", tokensPerEpoch: QUOTA },
};
