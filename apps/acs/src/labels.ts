import { utf8 } from "@dit/crypto-core";

/**
 * Every label that separates one use of a keyed hash, or one place of a sealed secret, from another inside ACS. None of
 * them travels. Changing one makes what is stored under it unreadable.
 */
export const LABELS = {
  /** Key of an epoch's counters, from the primary secret: it dies with it. */
  counterKey: "DIT-v1 acs counter key",
  /** What stands for a token in the counters. */
  tokenCounter: utf8("DIT-v1 acs token"),
  /** What makes one report's use the same use when it comes again. */
  useMember: utf8("DIT-v1 acs use"),
  /** What stands for an account in the counters. */
  accountCounter: "DIT-v1 acs account",
} as const;

/** Where a primary secret is sealed: it does not open as another use case's, version's or environment's. */
export function primaryKeyPlace(environment: string, useCase: string, keyVersion: number): string {
  return `acs primary-key ${environment} ${useCase} ${keyVersion}`;
}

export function accountKeyPlace(environment: string, useCase: string, epoch: number): string {
  return `acs account-key ${environment} ${useCase} ${epoch}`;
}
