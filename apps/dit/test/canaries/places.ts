/** Where a value may be met. Everything else that is searched is downstream or at rest. */
export const PLACES = [
  "edge ingress",
  "issuing ingress",
  "ingest ingress",
  "redeeming ingress",
  "answers",
  "event log",
  "documents",
  "counters",
  "warehouse",
  "other files",
  "logs",
  "metrics",
] as const;
export type Place = (typeof PLACES)[number];

const UPSTREAM: readonly Place[] = ["edge ingress", "issuing ingress"];
const REPORTED: readonly Place[] = ["edge ingress", "ingest ingress"];
const CREDENTIAL: readonly Place[] = ["edge ingress", "ingest ingress", "redeeming ingress"];

/** Who may learn what, by kind of canary. "Issuing ingress" is what ACS receives from clients. */
export const ALLOWED = {
  account: UPSTREAM,
  accessToken: UPSTREAM,
  address: UPSTREAM,
  claimedAddress: UPSTREAM,
  cookie: UPSTREAM,
  userAgent: UPSTREAM,
  deviceId: UPSTREAM,
  /** Said in a report where nothing is declared for it: it ends with ingest's validation. */
  undeclared: REPORTED,
  token: CREDENTIAL,
  mac: CREDENTIAL,
  macKey: [],
  pseudonym: [...REPORTED, "event log"],
  /** Computed from the credential, and made to be stored. */
  reportId: ["event log", "warehouse"],
} as const satisfies Record<string, readonly Place[]>;
export type Kind = keyof typeof ALLOWED;
