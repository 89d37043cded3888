import { once } from "node:events";
import { connect } from "node:net";

/** They come and go with who is connected and what is being written. */
const BUFFERS = ["mem_clients_normal", "mem_clients_slaves", "mem_replication_backlog", "mem_aof_buffer"];

/** What a Redis says that its data takes, index included. */
export async function redisMemoryBytes(redisUrl: string): Promise<number> {
  const url = new URL(redisUrl);
  const socket = connect(Number(url.port), url.hostname);
  try {
    await once(socket, "connect");
    const login = url.password === "" ? "" : `AUTH ${decodeURIComponent(url.password)}\r\n`;
    socket.write(`${login}INFO memory\r\n`);
    let answer = "";
    for await (const chunk of socket) {
      answer += String(chunk);
      const used = fieldOf(answer, "used_memory");
      const buffers = BUFFERS.reduce((total, name) => total + fieldOf(answer, name), 0);
      if (Number.isFinite(used - buffers)) return used - buffers;
    }
    throw new Error("Redis does not say how much memory it uses");
  } finally {
    socket.destroy();
  }
}

/** NaN as long as it has not arrived. */
function fieldOf(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)\\r$`, "m").exec(info)?.[1]);
}
