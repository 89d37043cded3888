/**
 * Every label that separates one use of a hash or key from another, in one place: two equal labels would let a value
 * made for one purpose serve for the other. They are part of the protocol; changing one is a new protocol version.
 */
export const LABELS = {
  /** First field of the POPRF info of every key. */
  info: "DIT-v1",
  /** HKDF info of the MAC key of a credential. */
  macKey: "DIT-v1 mac key",
  /** First field of the transcript a report's MAC covers. */
  report: "DIT-v1 report",
  /** First field of the associated data of everything sealed at rest. */
  seal: "DIT-v1 seal",
} as const;
