import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONTAINER_RULES } from "./compose/container-rules.ts";
import { ENVIRONMENT_RULES } from "./compose/environment-rules.ts";
import { lintCompose } from "./compose/lint-compose.ts";
import { NETWORK_RULES } from "./compose/network-rules.ts";
import { readCompose } from "./compose/read-compose.ts";
import type { ComposeFile } from "./compose/rule.ts";
import { secretRules } from "./compose/secret-rules.ts";
import { COMPOSE_FILE, ROOT, readRepositoryFile } from "./repository.ts";

const text = readRepositoryFile(COMPOSE_FILE);
const fileOf = (changed: string): ComposeFile => ({ text: changed, compose: readCompose(changed) });
const file = fileOf(text);

const RULES = {
  ...CONTAINER_RULES,
  ...NETWORK_RULES,
  ...ENVIRONMENT_RULES,
  ...secretRules(readRepositoryFile(join(dirname(COMPOSE_FILE), ".env.example"))),
};

/** What each rule is for: a change of the file, and what is said about it. */
const PLANTED: Readonly<
  Record<string, readonly (readonly [from: string | RegExp, to: string, said: string])[]>
> = {
  "is built here, or an image of one version": [
    ["apache/kafka:4.3.1", "apache/kafka:latest", "kafka: apache/kafka:latest is not one version"],
    ["postgres:17.11-bookworm", "postgres:17-bookworm", "postgres: postgres:17-bookworm is not one version"],
  ],
  "listens on loopback alone": [
    ["127.0.0.1:$", "0.0.0.0:$", "edge: publishes 0.0.0.0:8080:8080"],
    ["    networks: [clients, reports]", "    network_mode: host", "edge: has a network mode of its own"],
  ],
  "cannot change itself or gain privileges": [
    ["read_only: true", "read_only: false", "edge: is not read_only"],
    ["cap_drop: [ALL]", "cap_drop: [NET_RAW]", "acs: does not drop all capabilities"],
    ['    user: "101:101"', '    user: "101:101"\n    cap_add: [SYS_NICE]', "clickhouse: adds capabilities"],
    ["no-new-privileges:true", "label:disable", "sink: may gain new privileges"],
  ],
  "runs as a user that is not root, by number": [
    ['    user: "999:1000"', "", "valkey: does not name its user"],
    ['    user: "999:1000"', '    user: "0:0"', "valkey: does not name its user"],
  ],
  "says when it is healthy": [
    [
      'test: ["CMD", "valkey-cli"',
      'test: ["CMD-SHELL", "valkey-cli"',
      "valkey: has a health check in shell form",
    ],
    [
      "    networks: [reports, services, event-log]",
      "    networks: [reports, services, event-log]\n    healthcheck: { disable: true }",
      "ingest: has its health check disabled",
    ],
  ],
  "is bounded": [
    [
      'limits: { cpus: "1", memory: 384m, pids: 64 }',
      'limits: { cpus: "1" }',
      "edge: has no limit of memory",
    ],
    ['max-file: "3"', 'tag: "x"', "kafka: has logs without an end"],
  ],
  "starts in an order that ends": [
    [
      "ingest: { condition: service_healthy }",
      "ingest: { condition: service_started }",
      "edge: waits for ingest to start, not to be healthy",
    ],
    [
      "ingest: { condition: service_healthy }",
      "simulator: { condition: service_healthy }",
      "edge: waits for simulator, which its profile does not start",
    ],
  ],
  "is kept apart from what it must not see": [
    ["networks: [clients, reports]", "networks: [clients, reports, services]", "edge: meets acs in services"],
    [
      "networks: [clients, reports]",
      "networks: [clients, reports, analysts]",
      "edge: meets clickhouse in analysts",
    ],
    [
      "networks: [accounts, services, counters, documents]",
      "networks: [accounts, services, counters, documents, event-log]",
      "acs: meets kafka in event-log",
    ],
  ],
  "reaches what its variables name, and waits until it is healthy": [
    [
      "networks: [accounts, services, counters, documents]",
      "networks: [accounts, services, documents]",
      "acs: does not reach valkey",
    ],
    ["http://ingest:8082", "http://sink:8082", "edge: does not reach sink"],
    ["      edge: { condition: service_healthy }\n", "", "simulator: does not wait for edge"],
  ],
  "is on networks that lead out only where something must come in": [
    ["counters: { internal: true }", "counters: {}", "counters: leads out"],
    ["  analysts: {}", "  analysts: {}\n  others: {}", "others: nobody is on this network"],
  ],
  "has variables that there are": [
    ["DIT_AT_EDGE_URL", "DIT_AT_EGDE_URL", "simulator: there is no DIT_AT_EGDE_URL"],
  ],
  "is configured as its service understands": [
    [
      "DIT_ACS_COUNTERS_URL",
      "DIT_ACS_COUNTER_URL",
      "acs: DIT_ACS_COUNTER_URL: is not a known variable; did you mean DIT_ACS_COUNTERS_URL?",
    ],
    [
      "event-log: &event-log-url kafka://kafka:9092",
      "event-log: &event-log-url kafka://kafka:9092?ack=1",
      "ingest: DIT_INGEST_EVENT_LOG_URL: ",
    ],
    [
      'SERVICE: edge, ADMIN_PORT: "9080"',
      'SERVICE: edge, ADMIN_PORT: "9081"',
      "edge: is asked for its health at 9081, not 9080",
    ],
    ["      DIT_EDGE_EDGE_SECRET: *edge-secret\n", "", "edge: DIT_EDGE_EDGE_SECRET: is required"],
  ],
  "has placeholders for secrets, each marked": [
    ["CHANGEME-valkey} # CHANGEME", "hunter2} # CHANGEME", "VALKEY_PASSWORD has no placeholder"],
    ["CHANGEME-sink} # CHANGEME", "CHANGEME-sink}", "not marked # CHANGEME"],
  ],
  "holds no secret that cannot be changed": [
    [
      "DIT_EDGE_EDGE_SECRET: *edge-secret",
      "DIT_EDGE_EDGE_SECRET: 0123456789",
      "edge: DIT_EDGE_EDGE_SECRET is written down",
    ],
    [/postgres:\/\/dit:[^@]*@/, "postgres://dit:secret@", "acs: DIT_ACS_DOCUMENTS_URL is written down"],
  ],
  "gives each variable one default, the example's": [
    ["EDGE_PORT:-8080", "EDGE_PORT:-8088", "EDGE_PORT: 8088 here, 8080 in .env.example"],
    [/\$.SINK_REPLICAS:-1./, "1", "SINK_REPLICAS: nothing uses it"],
  ],
};

describe("the compose file", () => {
  it("follows the Compose Specification and the linter's rules", () => {
    expect(lintCompose(text)).toEqual([]);
  });

  it.each([
    ["read_only: true", "read_onyl: true", "invalid-schema"],
    ["stop_grace_period: 35s", "stop_grace_period: [30]", "invalid-schema"],
    ['ports: ["127.0.0.1:', 'ports: ["', "no-unbound-port-interfaces"],
    ["apache/kafka:4.3.1", "apache/kafka", "service-image-require-explicit-tag"],
  ])("and the linter sees %s become %s", (from, to, rule) => {
    expect(lintCompose(planted(from, to)).join("\n")).toContain(rule);
  });

  it("mounts files that there are", () => {
    const sources = Object.values(file.compose.services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(":")[0] ?? ""),
    );
    const folder = join(ROOT, dirname(COMPOSE_FILE));
    const isThere = (source: string) =>
      source.startsWith(".") ? existsSync(join(folder, source)) : source in file.compose.volumes;
    expect(sources.filter((source) => !isThere(source))).toEqual([]);
  });

  it("runs the Kafka that the tests run", () => {
    const [, version] =
      /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([\d.]+)</.exec(
        readRepositoryFile("infra/local/kafka/pom.xml"),
      ) ?? [];
    expect(file.compose.services.kafka?.image).toBe(`apache/kafka:${version}`);
  });

  it("does not run in production mode with its placeholders", () => {
    const problems = RULES["is configured as its service understands"]({
      text,
      compose: readCompose(text, { PRODUCTION: "true" }),
    });
    for (const service of ["acs", "edge", "ingest", "sink", "reid"]) {
      const refused = problems.filter((problem) => problem.startsWith(`${service}: `));
      expect(refused.join("\n"), service).toContain("is still the placeholder");
    }
  });

  describe.each(Object.entries(RULES))("each service %s", (name, rule) => {
    it("holds", () => {
      expect(rule(file)).toEqual([]);
    });

    it.each(PLANTED[name] ?? [["", "", "a planted fault"]])("finds %s as %s", (from, to, said) => {
      expect(rule(fileOf(planted(from, to))).join("\n")).toContain(said);
    });
  });
});

function planted(from: string | RegExp, to: string): string {
  const changed = typeof from === "string" ? text.replaceAll(from, to) : text.replace(from, to);
  if (changed === text) throw new Error(`the compose file has no ${from}`);
  return changed;
}
