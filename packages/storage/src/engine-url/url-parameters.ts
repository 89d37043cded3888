import { EngineUrlError } from "./engine-url.ts";

/** Takes a URL's parameters one by one; what nobody takes is a mistake. */
export interface UrlParameters {
  text(name: string): string | undefined;
  /** A whole number of the range. */
  count(name: string, range: { readonly min: number; readonly max: number }): number | undefined;
  flag(name: string): boolean | undefined;
  choice<const Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined;
  /** Throws EngineUrlError if there is a parameter that was not asked for. */
  end(): void;
}

export function createUrlParameters(parameters: ReadonlyMap<string, string>): UrlParameters {
  const asked = new Set<string>();
  function take<T>(name: string, what: string, read: (text: string) => T | undefined): T | undefined {
    asked.add(name);
    const text = parameters.get(name);
    if (text === undefined) return undefined;
    const value = read(text);
    if (value === undefined) throw new EngineUrlError(`${name} is ${what}`);
    return value;
  }
  const choice = <const Choice extends string>(name: string, choices: readonly Choice[]) =>
    take(name, choices.join(" or "), (text) => choices.find((each) => each === text));
  return {
    text: (name) => take(name, "not empty", (text) => text || undefined),
    count: (name, { min, max }) =>
      take(name, `a whole number from ${min} to ${max}`, (text) => {
        const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
        return value >= min && value <= max ? value : undefined;
      }),
    flag: (name) => {
      const text = choice(name, ["true", "false"]);
      return text === undefined ? undefined : text === "true";
    },
    choice,
    end() {
      if ([...parameters.keys()].every((name) => asked.has(name))) return;
      const known = asked.size === 0 ? "there are none" : `there are ${[...asked].sort().join(", ")}`;
      throw new EngineUrlError(`has a parameter that is not known: ${known}`);
    },
  };
}
