import { once } from "node:events";
import { connect } from "node:net";

/** Adds up its keys: what it uses in all also holds who is connected and what is being written, which may outweigh a small load. */
const SUM_OF_KEYS = `local total, cursor = 0, '0'
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do total = total + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) end
until cursor == '0'
return total`;

/** What a Redis says that its keys take, with their values and their entries in its index. */
export async function redisMemoryBytes(redisUrl: string): Promise<number> {
  const url = new URL(redisUrl);
  const socket = connect(Number(url.port), url.hostname);
  try {
    await once(socket, "connect");
    const login = url.password === "" ? [] : [["AUTH", decodeURIComponent(url.password)]];
    socket.write([...login, ["EVAL", SUM_OF_KEYS, "0"]].map(encode).join(""));
    let answer = "";
    for await (const chunk of socket) {
      answer += String(chunk);
      const refusal = /^-(.*)\r$/m.exec(answer);
      if (refusal !== null) throw new Error(`Redis does not say how much memory it uses: ${refusal[1]}`);
      const total = /^:(\d+)\r$/m.exec(answer);
      if (total !== null) return Number(total[1]);
    }
    throw new Error("Redis went away before it said how much memory it uses");
  } finally {
    socket.destroy();
  }
}

function encode(command: readonly string[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join("")}`;
}
