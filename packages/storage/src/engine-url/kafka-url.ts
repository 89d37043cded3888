import type { KafkaConnectionOptions } from "../event-log/kafka-options.ts";
import { EngineUrlError, parseEngineUrl } from "./engine-url.ts";
import { createUrlParameters } from "./url-parameters.ts";
import { withoutUndefined } from "./without-undefined.ts";

/** As the URL has them: PEM is named by its file. */
export interface KafkaUrlOptions extends Omit<KafkaConnectionOptions, "tls"> {
  /** Given, even if empty: TLS. */
  readonly tls?: {
    readonly caPath?: string;
    readonly certificatePath?: string;
    readonly keyPath?: string;
  };
}

const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;
const PREFIX = /^[A-Za-z0-9._-]{1,100}$/;
const TIMEOUT_MS = { min: 100, max: 60_000 };

/** `kafka+tls://user:password@b1:9093,b2:9093?sasl=scram-sha-512&caPath=/etc/ca.pem&prefix=dit.`. Throws EngineUrlError. */
export function parseKafkaUrl(text: string): KafkaUrlOptions {
  const url = parseEngineUrl(text, { kafka: 9092, "kafka+tls": 9093 });
  if (url.path !== "") throw new EngineUrlError("has no path");
  const named = createUrlParameters(url.parameters);
  const mechanism = named.choice("sasl", MECHANISMS);
  const prefix = named.text("prefix");
  if (prefix !== undefined && !PREFIX.test(prefix))
    throw new EngineUrlError("prefix is letters, digits, ., _ and -");
  const requestTimeoutMs = named.count("requestTimeoutMs", TIMEOUT_MS);
  const tls =
    url.scheme === "kafka+tls"
      ? withoutUndefined({
          caPath: named.text("caPath"),
          certificatePath: named.text("certificatePath"),
          keyPath: named.text("keyPath"),
        })
      : undefined;
  named.end();
  const brokers = url.hosts.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
  return { brokers, ...withoutUndefined({ prefix, requestTimeoutMs, tls, sasl: saslOf(url, mechanism) }) };
}

function saslOf(
  { user, password }: { readonly user: string | undefined; readonly password: string | undefined },
  mechanism: (typeof MECHANISMS)[number] | undefined,
): KafkaConnectionOptions["sasl"] {
  if (user === undefined && password === undefined && mechanism === undefined) return undefined;
  if (user === undefined || password === undefined || mechanism === undefined) {
    throw new EngineUrlError("names a user, a password and sasl together, or none of them");
  }
  return { mechanism, username: user, password };
}
