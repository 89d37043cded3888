import { once } from "node:events";
import { connect } from "node:net";

const INFO = /^used_memory:(\d+)\r$/m;

/** What a Redis says that its data takes. */
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
      const used = INFO.exec(answer)?.[1];
      if (used !== undefined) return Number(used);
    }
    throw new Error("Redis does not say how much memory it uses");
  } finally {
    socket.destroy();
  }
}
