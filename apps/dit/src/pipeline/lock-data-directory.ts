import { chmod, unlink } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { CommandError } from "../command.ts";

/**
 * Holds a data directory for this process, by a socket in it that somebody answers at: that ends with the process, however it ends, which a
 * file with a process id does not. Throws CommandError if it is held. Where no socket can be made (a long path, some file systems), the warehouse's own lock remains.
 */
export async function lockDataDirectory(path: string, cleanup: AsyncDisposableStack): Promise<void> {
  const socket = join(path, "in-use");
  if (await answers(socket)) throw new CommandError(`${path} is in use by another dit process`);
  await unlink(socket).catch(() => {});
  const server = createServer((connection) => connection.destroy());
  const listening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(socket, () => resolve(true));
  });
  if (!listening) return;
  server.unref();
  cleanup.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  await chmod(socket, 0o600);
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
