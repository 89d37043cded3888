import { once } from "node:events";
import { connect } from "node:net";
import { LOOPBACK } from "./loopback.ts";

const PROTOCOL_3_0 = 196_608;
const AUTHENTICATION = "R".charCodeAt(0);

/** Rejects unless the server asks `role` for its password. While it recovers it accepts connections, and says that it is starting up. */
export async function probePostgres(port: number, role: string): Promise<void> {
  const socket = connect(port, LOOPBACK);
  try {
    socket.write(startupMessage(role));
    const [answer] = (await once(socket, "data")) as [Buffer];
    if (answer[0] !== AUTHENTICATION) throw new Error("postgres does not take connections yet");
  } finally {
    socket.destroy();
  }
}

/** Length, version, then names and values. */
function startupMessage(role: string): Buffer {
  const parameters = Buffer.from(`user\0${role}\0\0`);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(header.length + parameters.length);
  header.writeUInt32BE(PROTOCOL_3_0, 4);
  return Buffer.concat([header, parameters]);
}
