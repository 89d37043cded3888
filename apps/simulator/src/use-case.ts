import { defineUseCase, PROBLEMS, type ProblemCode } from "@dit/protocol";

const OUTCOMES = [
  "ok",
  "unreachable",
  "unexpected_answer",
  ...(Object.keys(PROBLEMS) as ProblemCode[]),
] as const;

/** Oldest first. */
export const APP_VERSIONS = ["2.3.0", "2.4.0", "2.4.1"] as const;
const PLATFORMS = [
  "iPad",
  "iPhone",
  "Linux aarch64",
  "Linux armv81",
  "Linux armv8l",
  "Linux x86_64",
  "MacIntel",
  "Win32",
] as const;
const CONNECTION_TYPES = ["cellular", "wifi"] as const;

/**
 * What the simulated clients report: the device they run on, drawn from the real distribution, and measurements they
 * really make of themselves (token fetches, uploads, timers, the cost of a log call).
 */
export const simulatedUseCase = defineUseCase({
  useCase: "client_health",
  owner: "DIT maintainers",
  purpose: "Shows how the SDK behaves on a population of clients: latencies and outcomes of its own work",
  issuance: {
    authenticator: "jwt",
    issuer: "dit-development-identity-provider",
    audience: "dit-development",
    jwksUrl: "http://127.0.0.1:8086/.well-known/jwks.json",
    tokensPerEpoch: 128,
  },
  usesPerToken: 64,
  timeGranularitySeconds: 60,
  events: {
    session_started: {
      description: "The client started; what it runs on",
      fields: {
        device_category: { type: "enum", values: ["desktop", "mobile", "tablet"] },
        platform: { type: "enum", values: PLATFORMS },
        app_version: { type: "enum", values: APP_VERSIONS },
        after_crash: { type: "boolean", description: "The run before this one ended in a crash" },
        screen_width: { type: "integer", min: 0, max: 20_000, unit: "px" },
        screen_height: { type: "integer", min: 0, max: 20_000, unit: "px" },
        language: { type: "string", maxLength: 16, description: "BCP 47 tag" },
        connection_type: { type: "enum", values: CONNECTION_TYPES },
        effective_connection: { type: "enum", values: ["slow-2g", "2g", "3g", "4g"] },
        round_trip_ms: { type: "integer", min: 0, max: 60_000, unit: "ms" },
      },
    },
    tokens_fetched: {
      description: "The client asked for tokens",
      fields: {
        duration_ms: { type: "float", unit: "ms" },
        outcome: { type: "enum", values: OUTCOMES },
        tokens: { type: "integer", min: 0, max: 128 },
      },
    },
    report_uploaded: {
      description: "The client uploaded a report",
      fields: {
        duration_ms: { type: "float", unit: "ms" },
        outcome: { type: "enum", values: OUTCOMES },
        events: { type: "integer", min: 0, max: 500 },
        platform: { type: "enum", values: PLATFORMS },
        connection_type: { type: "enum", values: CONNECTION_TYPES },
      },
    },
    timer_fired: {
      description: "A timer of the client fired",
      fields: {
        planned_ms: {
          type: "integer",
          min: 0,
          max: 3_600_000,
          unit: "ms",
          description: "The delay asked for",
        },
        late_ms: { type: "float", unit: "ms", description: "How much later than asked it fired" },
      },
    },
    log_called: {
      description: "The app logged an event",
      fields: {
        duration_us: { type: "float", unit: "us", description: "How long the call held its host up" },
      },
    },
  },
});
export type SimulatedUseCase = typeof simulatedUseCase;
