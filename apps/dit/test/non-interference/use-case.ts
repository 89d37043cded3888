import { defineUseCase } from "@dit/protocol";
import { SERVER_ID } from "../support/composed-services.ts";

/** Short epochs, and rotation windows of two of them. */
export const workloadUseCase = defineUseCase({
  useCase: "workload",
  owner: "tests",
  purpose: "The same reports whoever sends them",
  issuance: { authenticator: "application_server", serverId: SERVER_ID, tokensPerEpoch: 8 },
  epoch: { seconds: 3600, graceSeconds: 600 },
  usesPerToken: 3,
  pseudonym: { rotationSeconds: 7200, saltGraceSeconds: 600 },
  primaryKey: { rotationSeconds: 30 * 86_400 },
  events: {
    opened: {
      fields: {
        screen: { type: "enum", values: ["home", "chat", "settings"] },
        duration_ms: { type: "integer", min: 0, max: 600_000 },
      },
    },
    failed: { fields: { code: { type: "string", maxLength: 20 } } },
  },
});
