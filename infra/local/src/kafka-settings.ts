import { LOOPBACK } from "./loopback.ts";

/** Node 1 is the cluster's controller too; the others join it. */
export interface KafkaNode {
  readonly id: number;
  readonly controllerPort: number;
}

export interface KafkaListener {
  /** At `localhost`. */
  readonly port: number;
  readonly protocol: "SASL_PLAINTEXT" | "SASL_SSL" | "SSL";
}

const CONTROLLER_ID = 1;

/** Where a node is reached: without protection at `port`, and at `more`. */
export function listenerSettings(
  { id, controllerPort }: KafkaNode,
  port: number,
  more: Readonly<Record<string, KafkaListener>>,
): Record<string, string> {
  const others = Object.entries(more);
  const plain = `PLAINTEXT://${LOOPBACK}:${port}`;
  const controller = id === CONTROLLER_ID ? [`CONTROLLER://${LOOPBACK}:${controllerPort}`] : [];
  const listening = others.map(([name, at]) => `${name}://${LOOPBACK}:${at.port}`);
  const advertised = others.map(([name, at]) => `${name}://localhost:${at.port}`);
  const protocols = others.map(([name, { protocol }]) => `${name}:${protocol}`);
  return {
    "controller.quorum.voters": `${CONTROLLER_ID}@${LOOPBACK}:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    listeners: [plain, ...controller, ...listening].join(","),
    "advertised.listeners": [plain, ...advertised].join(","),
    "listener.security.protocol.map": ["PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT", ...protocols].join(","),
  };
}

export function brokerSettings({ id }: KafkaNode, dataPath: string): Record<string, string> {
  return {
    "process.roles": id === CONTROLLER_ID ? "broker,controller" : "broker",
    "node.id": String(id),
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
