import { ROUTES } from "@dit/protocol";
import {
  type FieldDecision,
  type FieldPolicyAnswer,
  fieldPolicyAnswerSchema,
  useCaseIdSchema,
} from "@dit/protocol/schemas";
import { z } from "zod";
import { ProblemError } from "./problem-error.ts";
import type { Secret } from "./secret.ts";
import { createServiceChannel, parseAnswer } from "./service-channel.ts";

/** ACS as its operator sees it. Rejects like AcsClient. */
export interface AcsAdminClient {
  /**
   * Creates or replaces a use case; `expectedVersion` (0: it must not exist) makes it version_conflict if somebody else was
   * first. A refused document is use_case_invalid with its problems.
   */
  applyUseCase(document: unknown, expectedVersion?: number): Promise<{ readonly version: number }>;
  keyPlan(useCase: string): Promise<KeyPlan>;
  /** Ends the current key with its epoch; resolves to the plan as it is then. The reason is audited. */
  rotateKeys(useCase: string, request: { readonly reason: string }): Promise<KeyPlan>;
  fieldPolicy(useCase: string): Promise<FieldPolicyAnswer>;
  /** Blocks, unblocks or overrides; resolves to the policy as it is then. The reason is audited. With the monitor's secret: blocks only. */
  decideField(useCase: string, decision: FieldDecision): Promise<FieldPolicyAnswer>;
  /** The audit log oldest first: at most `limit` (default 100) records behind the sequence number `after` (default 0). */
  readAudit(range?: { readonly after?: number; readonly limit?: number }): Promise<readonly AuditRecord[]>;
}

const keyPlanSchema = z.object({
  useCase: useCaseIdSchema,
  nowSeconds: z.int(),
  keys: z.array(
    z.object({
      keyVersion: z.int(),
      state: z.enum(["next", "current", "ending"]),
      publicKey: z.string(),
      notBefore: z.int(),
      notAfter: z.int(),
      destroyAt: z.int(),
    }),
  ),
  generateAt: z.int().nullable(),
});
/** A use case's primary keys and what happens to them next, in unix seconds. */
export type KeyPlan = z.output<typeof keyPlanSchema>;

const auditRecordSchema = z.object({
  sequence: z.int(),
  atSeconds: z.int(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.unknown(),
});
export type AuditRecord = z.output<typeof auditRecordSchema>;

const auditSchema = z.object({ entries: z.array(auditRecordSchema) });

export interface AcsAdminClientOptions {
  readonly baseUrl: string;
  readonly adminSecret: Secret;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}

const appliedSchema = z.object({ version: z.int() });
const namedSchema = z.object({ useCase: useCaseIdSchema });

export function createAcsAdminClient(options: AcsAdminClientOptions): AcsAdminClient {
  const { adminSecret, ...rest } = options;
  const call = createServiceChannel({ ...rest, secret: adminSecret });
  return {
    async applyUseCase(document, expectedVersion) {
      const named = namedSchema.safeParse(document);
      if (!named.success)
        throw new ProblemError("use_case_invalid", { problems: ["useCase: not a use case id"] });
      const headers = expectedVersion === undefined ? {} : { "if-match": `"${expectedVersion}"` };
      const path = ROUTES.useCase(named.data.useCase);
      return parseAnswer(await call({ method: "PUT", path, body: document, headers }), appliedSchema);
    },
    async keyPlan(useCase) {
      return parseAnswer(
        await call({ method: "GET", path: ROUTES.keyPlan(existing(useCase)) }),
        keyPlanSchema,
      );
    },
    async rotateKeys(useCase, request) {
      const path = ROUTES.rotateKeys(existing(useCase));
      return parseAnswer(await call({ method: "POST", path, body: request }), keyPlanSchema);
    },
    async fieldPolicy(useCase) {
      const path = ROUTES.fieldPolicy(existing(useCase));
      return parseAnswer(await call({ method: "GET", path }), fieldPolicyAnswerSchema);
    },
    async decideField(useCase, decision) {
      const path = ROUTES.fieldDecisions(existing(useCase));
      return parseAnswer(await call({ method: "POST", path, body: decision }), fieldPolicyAnswerSchema);
    },
    async readAudit(range = {}) {
      const query = new URLSearchParams();
      for (const [key, value] of Object.entries(range)) query.set(key, String(value));
      const path = query.size === 0 ? ROUTES.audit : `${ROUTES.audit}?${query.toString()}`;
      return parseAnswer(await call({ method: "GET", path }), auditSchema).entries;
    },
  };
}

/** A name that is none has no document, and must not become part of a path. */
function existing(useCase: string): string {
  if (!useCaseIdSchema.safeParse(useCase).success) throw new ProblemError("not_found");
  return useCase;
}
