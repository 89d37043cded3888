import { ROUTES } from "@dit/protocol";
import { useCaseIdSchema } from "@dit/protocol/schemas";
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
  keyPlan(useCase: string): Promise<unknown>;
  rotateKeys(useCase: string, request: { readonly reason: string }): Promise<unknown>;
  /** Entries in order, those after `after`. */
  readAudit(range?: { readonly after?: number; readonly limit?: number }): Promise<unknown>;
}

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
      return parseAnswer(await call({ method: "GET", path: ROUTES.keyPlan(useCase) }), z.unknown());
    },
    async rotateKeys(useCase, request) {
      const path = ROUTES.rotateKeys(useCase);
      return parseAnswer(await call({ method: "POST", path, body: request }), z.unknown());
    },
    async readAudit(range = {}) {
      const query = new URLSearchParams();
      for (const [key, value] of Object.entries(range)) query.set(key, String(value));
      const path = query.size === 0 ? ROUTES.audit : `${ROUTES.audit}?${query.toString()}`;
      return parseAnswer(await call({ method: "GET", path }), z.unknown());
    },
  };
}
