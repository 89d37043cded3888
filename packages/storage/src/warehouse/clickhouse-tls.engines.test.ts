import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createLocalClickHouse } from "@dit/local";
import { expect, test } from "vitest";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { parseClickHouseUrl } from "../engine-url/clickhouse-url.ts";
import { openClickHouseWarehouse } from "./clickhouse.ts";
import { batchInsert, createTable, TABLE } from "./contract-table.ts";

const run = promisify(execFile);

test("TLS is spoken with authorities of one's own, and with nobody else", async () => {
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.adopt(await makeTemporaryDirectory(), (made) => made.remove());
  const engine = await createLocalClickHouse({ directory: join(directory.path, "engine") });
  await engine.start();
  cleanup.defer(() => engine.stop());
  const { certificate, key } = await createCertificate(directory.path);

  /** What terminates TLS before a server. */
  const terminator = createServer(
    { cert: await readFile(certificate), key: await readFile(key) },
    (from, to) => {
      const target = new URL(from.url ?? "/", new URL(engine.url).origin);
      const onward = request(target, { method: from.method ?? "GET", headers: from.headers }, (answer) => {
        to.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(to);
      });
      from.pipe(onward);
    },
  );
  terminator.listen(0, "127.0.0.1");
  await once(terminator, "listening");
  cleanup.defer(() => {
    terminator.closeAllConnections();
    terminator.close();
  });

  const { user, password } = parseClickHouseUrl(engine.url);
  const url = `https://localhost:${(terminator.address() as AddressInfo).port}`;
  const store = await openClickHouseWarehouse({
    url,
    user,
    password,
    caPath: certificate,
    compression: "gzip",
  });
  cleanup.defer(() => store.close());
  for (const sql of createTable(store.tables)) await store.command(sql);
  await store.insert(batchInsert("a"));
  expect(await store.query(`SELECT count() AS rows FROM ${TABLE}`)).toEqual([{ rows: 50 }]);

  const trusting = await openClickHouseWarehouse({ url, user, password });
  cleanup.defer(() => trusting.close());
  await expect(trusting.check()).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  const elsewhere = await openClickHouseWarehouse({
    url: url.replace("localhost", "127.0.0.1"),
    user,
    password,
    caPath: certificate,
  });
  cleanup.defer(() => elsewhere.close());
  await expect(elsewhere.check()).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

/** Signed by itself, for localhost. */
async function createCertificate(directory: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(directory, "server.crt"), join(directory, "server.key")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await run("openssl", ["req", ...kind, ...names, "-out", certificate, "-keyout", key]);
  return { certificate, key };
}
