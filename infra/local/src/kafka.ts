import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fetchOnce } from "./fetch-once.ts";
import { probeBroker } from "./kafka-probe.ts";
import { brokerSettings, type KafkaListener, type KafkaNode, listenerSettings } from "./kafka-settings.ts";
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
  /** Of a cluster; alone where this is not given. */
  readonly node?: KafkaNode;
}

/** One Apache Kafka node (KRaft), not started yet, on the machine's Java. Its url is `kafka://host:port`. */
export async function createLocalKafka({
  directory,
  settings = {},
  listeners = {},
  node,
}: LocalKafkaOptions): Promise<LocalEngine> {
  const jars = await fetchKafka();
  const settingsPath = join(directory, "server.properties");
  const dataPath = join(directory, "data");
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const self = node ?? { id: 1, controllerPort: await freePort() };
  const text = { ...brokerSettings(self, dataPath), ...listenerSettings(self, port, listeners), ...settings };
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
