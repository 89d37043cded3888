import { isIPv4 } from "node:net";

/**
 * What of a socket's address is rate limited as one: an IPv4 address, or the /64 of an IPv6 address, since one host owns all
 * of it. For keys in memory only.
 */
export function addressKey(remoteAddress: string | undefined): string {
  const [address = ""] = (remoteAddress ?? "").split("%", 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv4(address) ? address : networkOf(address);
}

const HEXTETS = 8;
const NETWORK_HEXTETS = 4;

/** The first four hextets, without leading zeros. Sockets print at most one `::`. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::", 2);
  const before = hextets(head);
  const after = tail === undefined ? [] : hextets(tail);
  const zeros = Array.from({ length: Math.max(0, HEXTETS - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after]
    .slice(0, NETWORK_HEXTETS)
    .map((hextet) => hextet.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":");
}

function hextets(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
