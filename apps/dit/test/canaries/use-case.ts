import { defineUseCase } from "@dit/protocol";
import {
  DEVELOPMENT_AUDIENCE,
  DEVELOPMENT_ISSUER,
} from "../../src/pipeline/development-identity-provider.ts";

export const canaryUseCase = defineUseCase({
  useCase: "canary_app",
  owner: "tests",
  purpose: "Reports whose senders are looked for behind the edge",
  issuance: {
    authenticator: "jwt",
    issuer: DEVELOPMENT_ISSUER,
    audience: DEVELOPMENT_AUDIENCE,
    jwksUrl: "http://127.0.0.1/.well-known/jwks.json",
    tokensPerEpoch: 8,
  },
  usesPerToken: 8,
  events: {
    opened: {
      fields: {
        screen: { type: "enum", values: ["home", "chat"] },
        version: { type: "string", maxLength: 12 },
        duration_ms: { type: "integer", min: 0, max: 600_000 },
      },
    },
    closed: { fields: { clean: { type: "boolean" } } },
  },
});
