export async function emitTypes(_dist: URL): Promise<void> {}
