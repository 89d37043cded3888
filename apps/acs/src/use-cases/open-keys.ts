import type { UseCaseStates } from "./registry.ts";

/** The use cases of which a key cannot be opened. */
export function impairedOf(states: UseCaseStates): string[] {
  return [...states].filter(([, { unopened }]) => unopened.length > 0).map(([useCase]) => useCase);
}

/** Throws if there are keys and none of them opens: that is no damaged record, but the wrong key-encryption key. */
export function requireOpenKeys(states: UseCaseStates): void {
  const all = [...states.values()];
  const [first] = all.flatMap(({ unopened }) => unopened);
  if (first !== undefined && all.every(({ keys }) => keys.length === 0))
    throw new KeysNotOpenedError(first.code);
}

class KeysNotOpenedError extends Error {
  override readonly name = "KeysNotOpenedError";
  readonly code: string;

  constructor(code: string) {
    super("no primary key can be opened");
    this.code = code;
  }
}
