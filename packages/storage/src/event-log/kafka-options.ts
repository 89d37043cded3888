import { isIP } from "node:net";
import { type ConnectionOptions, parseBroker } from "@platformatic/kafka";

export interface KafkaConnectionOptions {
  /** `host:port` of some of the cluster's brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Encrypts every connection; the broker's certificate must be good for its name. */
  readonly tls?: KafkaTlsOptions | boolean;
  readonly sasl?: KafkaSaslOptions;
  /** Stands before the names of topics and groups, in a cluster that others use too. Empty by default. */
  readonly prefix?: string;
  /** How long one answer may take. */
  readonly requestTimeoutMs?: number;
}

/** Certificates and keys in PEM. */
export interface KafkaTlsOptions {
  /** In place of the authorities that Node trusts. */
  readonly ca?: string;
  /** What this client shows of itself, where the brokers ask for it. */
  readonly certificate?: string;
  readonly key?: string;
}

export interface KafkaSaslOptions {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}

export const CLIENT_ID = "dit";
const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Of one connection; a broker answers them one after another. */
const MAX_IN_FLIGHT = 32;

const MECHANISMS = {
  plain: "PLAIN",
  "scram-sha-256": "SCRAM-SHA-256",
  "scram-sha-512": "SCRAM-SHA-512",
} as const;

export function connectionOptions(options: KafkaConnectionOptions): ConnectionOptions {
  const { brokers, tls = false, sasl } = options;
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs(options),
    maxInflights: MAX_IN_FLIGHT,
    ...(tls !== false && { tls: tls === true ? {} : tlsOptions(tls), tlsServerName: brokers.every(isNamed) }),
    ...(sasl && { sasl: { ...sasl, mechanism: MECHANISMS[sasl.mechanism] } }),
  };
}

export function requestTimeoutMs(options: KafkaConnectionOptions): number {
  return options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
}

/** Only a name may be told to a server in the handshake. */
function isNamed(broker: string): boolean {
  return isIP(parseBroker(broker).host) === 0;
}

function tlsOptions({ ca, certificate, key }: KafkaTlsOptions) {
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
  };
}
