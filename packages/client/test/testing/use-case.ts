import { defineUseCase } from "@dit/protocol";

export const ENVIRONMENT = "test";
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** The first instant of an epoch, and of a rotation window. */
export const START_MS = 20_000 * DAY_MS;

export const messaging = defineUseCase({
  useCase: "messaging",
  owner: "messaging team",
  purpose: "find out where delivery is slow",
  issuance: {
    authenticator: "jwt",
    issuer: "https://id.test",
    audience: "dit",
    jwksUrl: "https://id.test/jwks.json",
    tokensPerEpoch: 32,
  },
  usesPerToken: 4,
  epoch: { seconds: 86_400, graceSeconds: 3_600 },
  pseudonym: { rotationSeconds: 2 * 86_400 },
  timeGranularitySeconds: 60,
  events: {
    message_delivered: {
      fields: {
        latency_ms: { type: "integer", min: 0, max: 60_000 },
        network: { type: "enum", values: ["wifi", "cell"] },
        ok: { type: "boolean" },
        ratio: { type: "float" },
        note: { type: "string", maxLength: 8 },
      },
    },
    app_opened: { fields: { cold: { type: "boolean" } } },
    essay_written: {
      fields: Object.fromEntries(
        Array.from({ length: 64 }, (_, i) => [`part_${i}`, { type: "string", maxLength: 256 } as const]),
      ),
    },
  },
});

/** A refused credential is followed by a look at the keys and then by the next upload, each after one dither (5 min) at most. */
export const HEALED_WITHIN_MS = 2 * 5 * 60_000;
