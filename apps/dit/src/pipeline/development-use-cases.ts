import { defineUseCase } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import { simulatedUseCase } from "@dit/simulator";
import { DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from "./development-identity-provider.ts";

/** What `dit doctor` sends: one event that says nothing. */
export const doctorUseCase = defineUseCase({
  useCase: "dit_doctor",
  owner: "DIT maintainers",
  purpose: "Lets an operator send one synthetic event through every hop",
  issuance: {
    authenticator: "jwt",
    issuer: DEVELOPMENT_ISSUER,
    audience: DEVELOPMENT_AUDIENCE,
    jwksUrl: "http://127.0.0.1:8086/.well-known/jwks.json",
    tokensPerEpoch: 1000,
  },
  retentionDays: 7,
  events: { heartbeat: { description: "Sent by dit doctor", fields: { synthetic: { type: "boolean" } } } },
});

/** The use cases that one box has from the start, and `more`, their accounts being those of its own identity provider. */
export function developmentUseCases(jwksUrl: string, more: readonly UseCaseInput[] = []): UseCaseInput[] {
  return [simulatedUseCase, doctorUseCase, ...more].map((useCase) =>
    useCase.issuance.authenticator === "jwt"
      ? { ...useCase, issuance: { ...useCase.issuance, jwksUrl } }
      : useCase,
  );
}
