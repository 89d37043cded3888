/** `(await import(module))[name](options)` opens the store. */
export interface Opener {
  /** A file's URL. */
  readonly module: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export async function openStore<Store>({ module, name, options }: Opener): Promise<Store> {
  const exports = (await import(module)) as Record<string, (options: Opener["options"]) => Promise<Store>>;
  const open = exports[name];
  if (open === undefined) throw new Error(`${module} has no ${name}`);
  return open(options);
}
