import { defineUseCase } from "@dit/protocol";
import { SERVER_ID } from "../support/composed-services.ts";

/** Everything in it dies within hours: windows of one hour, primary keys of two. */
export const forgottenUseCase = defineUseCase({
  useCase: "forgotten",
  owner: "tests",
  purpose: "Pseudonyms that nobody can tell apart any more",
  issuance: { authenticator: "application_server", serverId: SERVER_ID, tokensPerEpoch: 64 },
  epoch: { seconds: 3600, graceSeconds: 600 },
  usesPerToken: 250,
  pseudonym: { rotationSeconds: 3600, saltGraceSeconds: 600 },
  primaryKey: { rotationSeconds: 7200 },
  events: { opened: { fields: { cold: { type: "boolean" } } } },
});
