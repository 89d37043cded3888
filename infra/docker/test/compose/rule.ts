import type { Compose } from "./read-compose.ts";

export interface ComposeFile {
  readonly text: string;
  /** With nothing set: every variable has its default. */
  readonly compose: Compose;
}

/** Finds every fault of one kind; each says which service and what. */
export type Rule = (file: ComposeFile) => string[];

/** A rule on each service by itself: `faultsOf` says what is wrong with it. */
export function ofEachService(
  faultsOf: (
    service: Compose["services"][string],
    name: string,
    compose: Compose,
  ) => readonly (string | false)[],
): Rule {
  return ({ compose }) =>
    Object.entries(compose.services).flatMap(([name, service]) =>
      faultsOf(service, name, compose).flatMap((fault) => (fault === false ? [] : [`${name}: ${fault}`])),
    );
}
