/** For one box on a slow machine: who is turned away there is another test's matter. */
export const MANY_AT_ONCE = {
  DIT_EDGE_MIN_IN_FLIGHT_REQUESTS: "2048",
  DIT_INGEST_MIN_IN_FLIGHT_REPORTS: "2048",
} as const;
