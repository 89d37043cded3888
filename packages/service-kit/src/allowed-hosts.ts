import type { IncomingMessage } from "node:http";

/** Names that the service answers for, without a port; a name from `Host` is compared whatever its case and port. */
export type AllowedHosts = "any" | readonly string[];

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Finds requests for another host. Whoever listens on loopback trusts that only this machine asks; but a web page may have its own
 * name resolve to 127.0.0.1, and then its browser asks and lets it read (DNS rebinding). `Host` still says the page's name. So on
 * a loopback `address` only loopback's names, `listenHost` and those in `allowed` pass; elsewhere those in `allowed`, or all.
 */
export function createMisdirectionCheck(options: {
  readonly listenHost: string;
  /** The address that `listenHost` turned out to be. */
  readonly address: string;
  readonly allowed?: AllowedHosts | undefined;
}): (request: IncomingMessage) => boolean {
  const { listenHost, address, allowed } = options;
  if (allowed === "any" || (allowed === undefined && !isLoopback(address))) return () => false;
  const own = [listenHost, `[${listenHost}]`, ...(isLoopback(address) ? LOOPBACK_NAMES : [])];
  const names = new Set([...own, ...(allowed ?? [])].map((name) => name.toLowerCase()));
  // HTTP/1.0 may come without a host. No browser speaks it.
  return ({ headers: { host } }) => host !== undefined && !names.has(nameOf(host));
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}

/** The port proves nothing, and differs behind a tunnel. */
function nameOf(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}
