import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { addressOf, runRedis } from "../../test/running-redis.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { useRequest } from "./contract-requests.ts";
import { openRedisCounters, type RedisCountersSettings } from "./redis.ts";

const run = promisify(execFile);

it("reaches a server by TLS if its certificate is trusted and for its name, and not otherwise", async () => {
  const directory = await makeTemporaryDirectory();
  const running = await runRedis();
  const tls = await createCertificate(directory.path, "DNS:localhost");
  const redis = await running.start({ tls, password: "open sesame" });
  const address = { ...addressOf(redis), host: "localhost" };
  const settings = { password: "open sesame", tls: { caPath: tls.certificatePath } };

  const store = await openRedisCounters({ address, ...settings });
  await store.check();
  expect(await store.use([useRequest(1, 1, 1)])).toEqual([{ outcome: "reserved", uses: 1 }]);
  await store.close();

  const refused = async (wrong: RedisCountersSettings, where = address) => {
    const other = await openRedisCounters({ address: where, ...settings, ...wrong });
    const reason = await other.check().then(() => undefined, String);
    await other.close();
    return reason;
  };
  expect(await refused({ tls: {} })).toMatch(/self-signed certificate/);
  expect(await refused({}, addressOf(redis))).toMatch(/does not match certificate/);
  await running.stop();
  await directory.remove();
});

/** Signed by itself. */
async function createCertificate(directory: string, name: string) {
  const [certificatePath, keyPath] = [join(directory, "server.crt"), join(directory, "server.key")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1"];
  const names = ["-subj", "/CN=localhost", "-addext", `subjectAltName=${name}`];
  await run("openssl", ["req", ...kind, ...names, "-out", certificatePath, "-keyout", keyPath]);
  return { certificatePath, keyPath };
}
