import { execFile } from "node:child_process";
import { chown, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { optionsOf, runPostgres } from "../../test/running-postgres.ts";
import { migratePostgresDocuments, openPostgresDocuments } from "./postgres.ts";

const run = promisify(execFile);

it("reaches a server by TLS if its certificate is trusted and for its name, and not otherwise", async () => {
  const running = await runPostgres();
  const options = optionsOf(running.engine, "dit");
  const plain = { ...options, tls: true };
  await expect(openPostgresDocuments(plain)).rejects.toThrow("documents (postgres): the connection was lost");

  await running.engine.stop();
  const caPath = await createCertificate(running.engine.dataDirectory, "DNS:localhost");
  await running.engine.administer(["ALTER SYSTEM SET ssl = on"]);
  await running.engine.start();
  const encrypted = { ...options, tls: true, caPath, host: "localhost" };
  await migratePostgresDocuments(encrypted);
  const store = await openPostgresDocuments(encrypted);
  const sessions = await running.sql<{ ssl: boolean }[]>`
    SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'dit'`;
  expect(sessions.map(({ ssl }) => ssl)).toEqual([true]);
  await store.close();

  const refused = (wrong: object) => openPostgresDocuments({ ...encrypted, ...wrong }).then(String, String);
  expect(await refused({ caPath: undefined })).toMatch(/the server's certificate is not trusted$/);
  expect(await refused({ host: options.host })).toMatch(/the server's certificate is for another name$/);
  await running.stop();
});

/** Signed by itself, where the server looks for it. */
async function createCertificate(dataDirectory: string, name: string): Promise<string> {
  const [certificate, key] = [join(dataDirectory, "server.crt"), join(dataDirectory, "server.key")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1"];
  const names = ["-subj", "/CN=localhost", "-addext", `subjectAltName=${name}`];
  await run("openssl", ["req", ...kind, ...names, "-out", certificate, "-keyout", key]);
  const { uid, gid } = await stat(dataDirectory);
  for (const path of [certificate, key]) await chown(path, uid, gid);
  return certificate;
}
