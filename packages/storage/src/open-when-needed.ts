/** A store that is opened by whoever first needs it, and by the next one where that fails: its server may start after us. */
export interface OpenedWhenNeeded<Store> {
  use<T>(operation: (store: Store) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function openWhenNeeded<Store extends { close(): Promise<void> }>(
  open: () => Promise<Store>,
): OpenedWhenNeeded<Store> {
  let opening: Promise<Store> | undefined;
  let closing: Promise<void> | undefined;

  async function opened(): Promise<Store> {
    if (closing !== undefined) throw new Error("closed");
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return await opening;
  }

  async function close(): Promise<void> {
    const store = await opening?.catch(() => undefined);
    await store?.close();
  }

  return {
    use: async (operation) => operation(await opened()),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
