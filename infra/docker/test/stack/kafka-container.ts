import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fetchKafka } from "@dit/local";
import type { ComposeService } from "../compose/read-compose.ts";
import { makeRoot } from "../container/enter-root.ts";
import { COMPOSE_FILE, ROOT } from "../repository.ts";
import type { ContainerOptions } from "./start-container.ts";

/** Where Kafka's image has its jars. Maven's are the same. */
const JARS = "/opt/kafka/libs";

/**
 * Kafka by compose.yaml's own command and settings, on Maven's jars. What its image has and this has not: its Java, and log4j2, so that
 * log4j2.properties is not read.
 */
export async function kafkaContainer(
  service: ComposeService,
  options: Pick<ContainerOptions, "node" | "hosts" | "directory">,
): Promise<ContainerOptions> {
  const root = join(options.directory, "kafka-image");
  const [uid = 0, gid = 0] = (service.user ?? "").split(":").map(Number);
  mkdirSync(root);
  makeRoot(root);
  mkdirSync(join(root, JARS), { recursive: true });
  const jars = await fetchKafka();
  // Made for whoever fetched it alone; Kafka's own user reads it here.
  chmodSync(jars, 0o755);
  const binds = [{ source: jars, target: JARS }];
  for (const volume of service.volumes ?? []) {
    const [source = "", target = ""] = volume.split(":");
    const inside = join(root, target);
    mkdirSync(dirname(inside), { recursive: true });
    if (source.startsWith(".")) {
      writeFileSync(inside, "");
      binds.push({ source: join(ROOT, dirname(COMPOSE_FILE), source), target });
    } else binds.push({ source: makeVolume(join(options.directory, `volume-${source}`), uid, gid), target });
    if (!source.startsWith(".")) mkdirSync(inside);
  }
  const image = { root, environment: {}, workdir: "/", user: { uid, gid }, entrypoint: [], healthcheck: [] };
  return { ...options, name: "kafka", image, service, environment: {}, binds };
}

/** As Docker makes one of a folder that the image gives to its user. */
function makeVolume(folder: string, uid: number, gid: number): string {
  mkdirSync(folder);
  chownSync(folder, uid, gid);
  return folder;
}
