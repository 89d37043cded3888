import type { Addresses } from "../addresses.ts";

export type ServiceName = "acs" | "ingest" | "sink" | "edge" | "warehouse";

/** Answers with what the service is ready with; throws with the dependency that is not, and why. */
export async function readReadiness(addresses: Addresses, service: ServiceName): Promise<string> {
  const url = `${addresses[`${service}AdminUrl`]}/readyz`;
  const response = await fetch(url).catch(() => undefined);
  if (response === undefined) throw new Error(`nothing answers at ${url}: is \`dit up\` running?`);
  const { dependencies } = (await response.json()) as {
    dependencies: Record<string, { ok: boolean; reason?: string }>;
  };
  const failing = Object.entries(dependencies).filter(([, { ok }]) => !ok);
  if (failing.length > 0)
    throw new Error(failing.map(([name, { reason }]) => `${name}: ${reason}`).join("; "));
  return Object.keys(dependencies).join(", ");
}
