import { PROBLEMS, type ProblemCode } from "@dit/protocol";

export interface ProblemOptions {
  /** A fixed sentence. Never quotes input. */
  readonly detail?: string | undefined;
  /** One line for each thing wrong with a refused document. */
  readonly problems?: readonly string[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** A refusal: thrown anywhere below a route, answered as the registry's problem document. */
export class ProblemError extends Error implements ProblemOptions {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly problems: readonly string[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, options: ProblemOptions & { readonly cause?: unknown } = {}) {
    const { cause, detail, problems, retryAfterSeconds } = options;
    super(PROBLEMS[code].title, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
    this.problems = problems;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
