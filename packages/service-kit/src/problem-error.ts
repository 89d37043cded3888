import { PROBLEMS, type ProblemCode } from "@dit/protocol";

export interface ProblemOptions {
  /** A fixed sentence. Never quotes input. */
  readonly detail?: string;
  /** One line for each thing wrong with a refused document. */
  readonly problems?: readonly string[];
  readonly retryAfterSeconds?: number;
}

/** A refusal: thrown anywhere below a route, answered as the registry's problem document. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions & { readonly cause?: unknown } = {}) {
    const { cause, ...rest } = options;
    super(PROBLEMS[code].title, cause === undefined ? undefined : { cause });
    this.code = code;
    this.options = rest;
  }
}
