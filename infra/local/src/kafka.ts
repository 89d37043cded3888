import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fetchOnce } from "./fetch-once.ts";
import { probeBroker } from "./kafka-probe.ts";
import type { LocalEngine } from "./local-engine.ts";
import { freePort, LOOPBACK } from "./loopback.ts";
import { createProcessEngine } from "./process-engine.ts";
import { startServer } from "./server-process.ts";

const run = promisify(execFile);
const POM = fileURLToPath(new URL("../kafka/pom.xml", import.meta.url));
const VERSION = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([\d.]+)<\/version>/;
/** 16 bytes, as Kafka spells them. Nothing else ever speaks to this cluster. */
const CLUSTER_ID = "ZGl0LWxvY2FsLWthZmthAA";
/** The collector with no threads of its own: the machine's cores are for those who speak to the broker too. */
const JAVA_OPTIONS = ["-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"];

export interface LocalKafkaOptions {
  /** A directory of its own: settings, data and log. */
  readonly directory: string;
  /** Further settings of the broker, or others than those below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Listeners besides the plain one, by name. */
  readonly listeners?: Readonly<Record<string, KafkaListener>>;
}

export interface KafkaListener {
  /** At `localhost`. */
  readonly port: number;
  readonly protocol: "SASL_PLAINTEXT" | "SASL_SSL" | "SSL";
}

/** One Apache Kafka node, not started yet: broker and controller in one (KRaft), on the machine's Java. Its url is `kafka://host:port`. */
export async function createLocalKafka({
  directory,
  settings = {},
  listeners = {},
}: LocalKafkaOptions): Promise<LocalEngine> {
  const jars = await fetchKafka();
  const settingsPath = join(directory, "server.properties");
  const dataPath = join(directory, "data");
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const text = {
    ...brokerSettings(dataPath),
    ...listenerSettings(port, await freePort(), listeners),
    ...settings,
  };
  await writeFile(
    settingsPath,
    Object.entries(text)
      .map((line) => `${line.join("=")}\n`)
      .join(""),
  );
  const java = (...args: string[]) => [...JAVA_OPTIONS, "-cp", join(jars, "*"), ...args];
  const format = ["format", "--ignore-formatted", "--cluster-id", CLUSTER_ID, "--config", settingsPath];
  await run("java", java("kafka.tools.StorageTool", ...format), { cwd: directory });

  return createProcessEngine({
    url: `kafka://${LOOPBACK}:${port}`,
    stopSignal: "SIGTERM",
    launch: () =>
      startServer({
        name: "kafka",
        command: "java",
        args: java("kafka.Kafka", settingsPath),
        cwd: directory,
        logPath: join(directory, "kafka.log"),
        probe: () => probeBroker(port),
      }),
  });
}

/** The folder of Kafka's jars and those it needs, as Maven resolves them. */
export async function fetchKafka(): Promise<string> {
  const [, version] = VERSION.exec(await readFile(POM, "utf8")) ?? [];
  return fetchOnce(`kafka-${version}`, async (directory) => {
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"];
    await run("mvn", ["-B", "-q", "-f", POM, ...goal, `-DoutputDirectory=${directory}`]);
  });
}

function listenerSettings(
  port: number,
  controllerPort: number,
  more: Readonly<Record<string, KafkaListener>>,
): Record<string, string> {
  const others = Object.entries(more);
  const protocols = others.map(([name, { protocol }]) => `${name}:${protocol}`);
  const [plain, controller] = [
    `PLAINTEXT://${LOOPBACK}:${port}`,
    `CONTROLLER://${LOOPBACK}:${controllerPort}`,
  ];
  return {
    "controller.quorum.voters": `1@${LOOPBACK}:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    listeners: [plain, controller, ...others.map(([name, at]) => `${name}://${LOOPBACK}:${at.port}`)].join(
      ",",
    ),
    "advertised.listeners": [plain, ...others.map(([name, at]) => `${name}://localhost:${at.port}`)].join(
      ",",
    ),
    "listener.security.protocol.map": ["PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT", ...protocols].join(","),
  };
}

function brokerSettings(dataPath: string): Record<string, string> {
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    "log.dirs": dataPath,
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    // After a kill a broker waits until the one before it counts as gone.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    // Consumers come, go and fall silent all the time here, and nobody wants to wait until that is noticed.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.assignment.interval.ms": "0",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.consumer.heartbeat.interval.ms": "500",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "6000",
  };
}
