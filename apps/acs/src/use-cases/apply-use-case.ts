import { isDeepStrictEqual } from "node:util";
import { type FieldPolicy, type UseCase, useCaseSchema } from "@dit/protocol/schemas";
import { describeIssues, nowSeconds, ProblemError } from "@dit/service-kit";
import { type AuditEntry, type Document, type DocumentChange, VersionConflictError } from "@dit/storage";
import { isJwksUrlAllowed } from "../authenticate/jwks-url.ts";
import type { AcsContext } from "../context.ts";
import { advanceKeyRing } from "../keys/advance-key-ring.ts";
import { destroyAtSeconds, EMPTY_KEY_RING, KEY_RINGS, type StoredKeyRing } from "../keys/key-ring.ts";
import { changedPaths } from "./changed-paths.ts";
import { checkCompatible, retiredFields } from "./check-compatible.ts";
import {
  OPEN_POLICY,
  type RetiredFields,
  type StoredUseCase,
  toStored,
  USE_CASES,
} from "./stored-use-case.ts";

export interface Applied {
  readonly version: number;
  readonly created: boolean;
}

const OPERATOR = "operator";
const MAX_ATTEMPTS = 5;

/**
 * Creates or replaces a use case; one commit holds the document, the keys it needs now, and the audit of both. The same
 * document again changes nothing. Throws ProblemError use_case_invalid, version_conflict.
 */
export async function applyUseCase(
  context: AcsContext,
  useCase: string,
  input: unknown,
  expectedVersion?: number,
): Promise<Applied> {
  const document = parseUseCase(context, useCase, input);
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryApply(context, document, expectedVersion);
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
      // Keys move on by themselves; only somebody else's document is a conflict, and then the caller's expectation fails.
      if (attempt === MAX_ATTEMPTS) throw new ProblemError("version_conflict");
    }
  }
}

function parseUseCase({ config }: AcsContext, useCase: string, input: unknown): UseCase {
  const parsed = useCaseSchema.safeParse(input);
  if (!parsed.success) {
    throw new ProblemError("use_case_invalid", { problems: describeIssues(parsed.error.issues) });
  }
  const { issuance } = parsed.data;
  const problems: string[] = [];
  if (parsed.data.useCase !== useCase) problems.push("useCase: is not the one in the address");
  if (issuance.authenticator === "jwt" && !isJwksUrlAllowed(issuance.jwksUrl, config.production)) {
    problems.push("issuance.jwksUrl: must be https, or on this machine");
  }
  if (problems.length > 0) throw new ProblemError("use_case_invalid", { problems });
  return parsed.data;
}

interface Before {
  readonly version: number;
  readonly document: UseCase;
  readonly retired: RetiredFields;
  readonly fieldPolicy: FieldPolicy;
}

async function tryApply(
  context: AcsContext,
  document: UseCase,
  expectedVersion: number | undefined,
): Promise<Applied> {
  const { documents, clock } = context;
  const key = document.useCase;
  const before = parseStored(await documents.get<StoredUseCase>(USE_CASES, key));
  const ring = await documents.get<StoredKeyRing>(KEY_RINGS, key);
  const version = before?.version ?? 0;
  if (expectedVersion !== undefined && expectedVersion !== version)
    throw new ProblemError("version_conflict");
  if (before !== undefined && isDeepStrictEqual(before.document, document))
    return { version, created: false };
  const at = { nowSeconds: nowSeconds(clock), actor: OPERATOR };
  if (before !== undefined) refuseIncompatible(before, document, ring?.value, at.nowSeconds);
  const keys = await advanceKeyRing(context, document, ring?.value ?? EMPTY_KEY_RING, at);
  const changes: DocumentChange[] = [
    {
      collection: USE_CASES,
      key,
      expectedVersion: version,
      value: toStored(
        document,
        before === undefined ? {} : retiredFields(before, document),
        before?.fieldPolicy ?? OPEN_POLICY,
      ),
    },
  ];
  if (keys !== undefined) {
    changes.push({
      collection: KEY_RINGS,
      key,
      expectedVersion: ring?.version ?? 0,
      value: keys.ring,
    });
  }
  const audit = [auditOf(before, document, at), ...(keys?.audit ?? [])];
  await documents.commit({ changes, audit });
  return { version: version + 1, created: version === 0 };
}

function parseStored(stored: Document<StoredUseCase> | undefined): Before | undefined {
  if (stored === undefined) return undefined;
  const { version, value } = stored;
  const { retired, fieldPolicy } = value;
  return { version, document: useCaseSchema.parse(value.document), retired, fieldPolicy };
}

function refuseIncompatible(
  before: Before,
  after: UseCase,
  ring: StoredKeyRing | undefined,
  now: number,
): void {
  const { graceSeconds } = before.document.epoch;
  const hasLiveKeys = ring?.keys.some((key) => now < destroyAtSeconds(key, graceSeconds)) ?? false;
  const problems = checkCompatible(before, after, hasLiveKeys);
  if (problems.length > 0) throw new ProblemError("use_case_invalid", { problems });
}

function auditOf(
  before: Before | undefined,
  document: UseCase,
  at: { readonly nowSeconds: number; readonly actor: string },
): AuditEntry {
  return {
    atSeconds: at.nowSeconds,
    actor: at.actor,
    action: before === undefined ? "use_case.created" : "use_case.changed",
    subject: document.useCase,
    detail: {
      version: (before?.version ?? 0) + 1,
      changes: before === undefined ? [] : changedPaths(before.document, document),
    },
  };
}
