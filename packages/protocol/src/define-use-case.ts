import type { UseCaseInput } from "./use-case.ts";

/** Keeps a use-case document's literal types, from which the SDK types `log(event, fields)`. Checks nothing at run time. */
export function defineUseCase<const U extends UseCaseInput>(document: U): U {
  return document;
}
