const LOOPBACK_HOSTS: readonly string[] = ["127.0.0.1", "[::1]", "localhost"];

/** Keys that came over plain HTTP are whoever's keys stood in the way: in production they may come from this machine only. */
export function isJwksUrlAllowed(jwksUrl: string, production: boolean): boolean {
  const { protocol, hostname } = new URL(jwksUrl);
  return protocol === "https:" || !production || LOOPBACK_HOSTS.includes(hostname);
}
