import { PROTOCOL_VERSION } from "./protocol-version.ts";

const base = `/${PROTOCOL_VERSION}`;

/**
 * Every path of the protocol. A use case id needs no escaping (its alphabet is `[a-z0-9_]`); a server registers the pattern
 * with its router's parameter in the id's place: `ROUTES.reports(":useCase")`.
 */
export const ROUTES = {
  /** ACS, authenticated channel. */
  issueTokens: (useCase: string) => `${base}/use-cases/${useCase}/tokens`,
  /** ACS, public and cacheable. */
  keys: (useCase: string) => `${base}/use-cases/${useCase}/keys`,
  /** Edge and ingest, anonymous channel. */
  reports: (useCase: string) => `${base}/use-cases/${useCase}/reports`,
  /** ACS, service channel. */
  redeem: `${base}/redemptions`,
  confirm: `${base}/redemptions/confirm`,
  useCases: `${base}/use-cases`,
  /** ACS, administrator channel (PUT) and service channel (GET). */
  useCase: (useCase: string) => `${base}/use-cases/${useCase}`,
  /** ACS, administrator channel. */
  keyPlan: (useCase: string) => `${base}/use-cases/${useCase}/key-plan`,
  rotateKeys: (useCase: string) => `${base}/use-cases/${useCase}/key-rotations`,
  /** ACS, administrator or monitor channel. */
  fieldPolicy: (useCase: string) => `${base}/use-cases/${useCase}/field-policy`,
  fieldDecisions: (useCase: string) => `${base}/use-cases/${useCase}/field-decisions`,
  /** ACS, administrator channel. */
  audit: `${base}/audit`,
} as const;
