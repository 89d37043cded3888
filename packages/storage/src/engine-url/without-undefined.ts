type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** What a URL leaves open is left to the driver's defaults. */
export function withoutUndefined<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
