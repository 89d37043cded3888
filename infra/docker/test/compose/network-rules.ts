import { type Compose, type ComposeService, isTool } from "./read-compose.ts";
import { ofEachService, type Rule } from "./rule.ts";

/**
 * Who may not share a network: what one of them sees must not reach the other, whatever is broken into. The edge sees addresses, ACS accounts,
 * the stores what they store.
 */
const NEVER_MEET: Readonly<Record<string, readonly string[]>> = {
  edge: ["acs", "sink", "reid", "migrate", "kafka", "valkey", "postgres", "clickhouse", "grafana"],
  acs: ["kafka", "clickhouse", "grafana"],
  ingest: ["valkey", "postgres", "clickhouse", "grafana"],
  sink: ["valkey", "grafana"],
  reid: ["valkey", "kafka", "grafana"],
};
/** Docker publishes no port of a container whose networks are all internal. */
const LEADS_OUT = ["clients", "accounts", "analysts", "console"];
const HOST = /^[a-z+]+:\/\/(?:[^@/]*@)?([a-z-]+):\d+/;

export const NETWORK_RULES = {
  "is kept apart from what it must not see": ofEachService((service, name, { services }) =>
    (NEVER_MEET[name] ?? []).map((other) => {
      const shared = sharedNetworks(service, services[other]);
      return shared.length > 0 && `meets ${other} in ${shared}`;
    }),
  ),
  "reaches what its variables name, and waits until it is healthy": ofEachService(
    (service, _, { services }) =>
      hostsOf(service, services).flatMap((host) => [
        sharedNetworks(service, services[host]).length === 0 && `does not reach ${host}`,
        !isTool(service) && service.depends_on?.[host] === undefined && `does not wait for ${host}`,
      ]),
  ),
  "is on networks that lead out only where something must come in": ({ compose }) =>
    Object.entries(compose.networks).flatMap(([name, network]) => {
      const isUsed = Object.values(compose.services).some(({ networks = [] }) => networks.includes(name));
      const faults = [];
      if (!isUsed) faults.push(`${name}: nobody is on this network`);
      if (network.internal !== true && !LEADS_OUT.includes(name)) faults.push(`${name}: leads out`);
      return faults;
    }),
} satisfies Record<string, Rule>;

function sharedNetworks(a: ComposeService, b: ComposeService | undefined): string[] {
  return (a.networks ?? []).filter((network) => b?.networks?.includes(network));
}

/** The services that are named in URLs of its variables, itself excepted. */
function hostsOf(service: ComposeService, services: Compose["services"]): string[] {
  const hosts = Object.values(service.environment ?? {}).flatMap((value) => HOST.exec(value)?.[1] ?? []);
  return [...new Set(hosts)].filter((host) => host in services && services[host] !== service);
}
