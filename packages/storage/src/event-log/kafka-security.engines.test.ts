import { execFile } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "@dit/local";
import { alterUserScramCredentialsV0, ConnectionPool } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runKafka } from "../../test/running-kafka.ts";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../contract/temporary-directory.ts";
import { encodeRecord, TOPIC } from "./contract-records.ts";
import type { KafkaEventLogOptions } from "./kafka.ts";

const run = promisify(execFile);
const USER = "dit";
const PASSWORD = "open, sesame";
const SCRAM = { "scram-sha-256": [1, "sha256", 32], "scram-sha-512": [2, "sha512", 64] } as const;
const ITERATIONS = 4_096;
let certificates: TemporaryDirectory;
let ca: string;
let saslPort: number;
let tlsPort: number;
let saslTlsPort: number;

const kafka = runKafka(async () => {
  certificates = await makeTemporaryDirectory();
  const keystore = await createCertificate(certificates.path);
  ca = await readFile(join(certificates.path, "server.crt"), "utf8");
  [saslPort, tlsPort, saslTlsPort] = [await freePort(), await freePort(), await freePort()];
  return {
    listeners: {
      SASL: { port: saslPort, protocol: "SASL_PLAINTEXT" },
      TLS: { port: tlsPort, protocol: "SSL" },
      BOTH: { port: saslTlsPort, protocol: "SASL_SSL" },
    },
    settings: {
      "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
      ...loginSettings("sasl"),
      ...loginSettings("both"),
      "ssl.keystore.type": "PEM",
      "ssl.keystore.location": keystore,
    },
  };
});
beforeAll(() => createScramUser());
afterAll(() => certificates.remove());

const at = (port: number) => [`localhost:${port}`];
const sasl = { mechanism: "plain", username: USER, password: PASSWORD } as const;

describe("a cluster that asks who its clients are", () => {
  it.each(["plain", "scram-sha-256", "scram-sha-512"] as const)("is reached by %s", async (mechanism) => {
    await use({ brokers: at(saslPort), sasl: { ...sasl, mechanism } });
  });

  it.each(["plain", "scram-sha-256"] as const)(
    "says that a password was wrong, by %s, at once",
    async (mechanism) => {
      const wrong = { brokers: at(saslPort), sasl: { ...sasl, mechanism, password: "wrong" } };
      const beganMs = performance.now();
      await expect(use(wrong)).rejects.toMatchObject({ code: "SASL_AUTHENTICATION_FAILED" });
      expect(performance.now() - beganMs).toBeLessThan(5_000);
    },
  );
});

describe("a cluster that encrypts", () => {
  it("is reached if its certificate is trusted and for its name", async () => {
    await use({ brokers: at(tlsPort), tls: { ca } });
    await use({ brokers: at(saslTlsPort), tls: { ca }, sasl });
  });

  it("is not if it is not", async () => {
    // Tried again until then: long enough for a slow machine to get as far as the handshake.
    const appendTimeoutMs = 5_000;
    await expect(use({ brokers: at(tlsPort), tls: true, appendTimeoutMs })).rejects.toMatchObject({
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    const unnamed = [`127.0.0.1:${tlsPort}`];
    await expect(use({ brokers: unnamed, tls: { ca }, appendTimeoutMs })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
    await expect(use({ brokers: at(tlsPort), appendTimeoutMs })).rejects.toThrow();
  });
});

async function use(options: Partial<KafkaEventLogOptions>): Promise<void> {
  const log = await kafka.open({ prefix: await kafka.createTopics(), appendTimeoutMs: 10_000, ...options });
  await log.append(TOPIC, [encodeRecord({ writer: "w", number: 0 })]);
  await log.check();
}

/** Of the broker's listener of this name. */
function loginSettings(listener: string): Record<string, string> {
  const security = "org.apache.kafka.common.security";
  const scram = `${security}.scram.ScramLoginModule required;`;
  return {
    [`listener.name.${listener}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: scram,
  };
}

async function createScramUser(): Promise<void> {
  const pool = new ConnectionPool("test");
  const [host = "", port = ""] = kafka.brokers[0]?.split(":") ?? [];
  const connection = await pool.get({ host, port: Number(port) });
  for (const [mechanism, digest, bytes] of Object.values(SCRAM)) {
    const salt = randomBytes(16);
    const saltedPassword = pbkdf2Sync(PASSWORD, salt, ITERATIONS, bytes, digest);
    const credentials = { name: USER, mechanism, iterations: ITERATIONS, salt, saltedPassword };
    await alterUserScramCredentialsV0.api.async(connection, [], [credentials]);
  }
  await pool.close();
}

/** Signed by itself, for `localhost`. Where it is, with its key. */
async function createCertificate(directory: string): Promise<string> {
  const [certificate, key, both] = ["server.crt", "server.key", "server.pem"].map((name) =>
    join(directory, name),
  );
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await run("openssl", ["req", ...kind, ...names, "-out", certificate ?? "", "-keyout", key ?? ""]);
  const texts = await Promise.all([key, certificate].map((path) => readFile(path ?? "", "utf8")));
  await writeFile(both ?? "", texts.join(""));
  return both ?? "";
}
