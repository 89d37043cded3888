import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { createMetrics, systemClock } from "@dit/service-kit";
import { afterEach, expect, it } from "vitest";
import type { StoredKeyRing } from "../src/keys/key-ring.ts";
import { createAcsService } from "../src/service.ts";
import { putUseCase, useCaseDocument } from "./support/calls.ts";
import { ADMIN_SECRET, createInstance, SERVICE_SECRET } from "./support/instance.ts";
import { openTestStores } from "./support/stores.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function startService(counters: { check?: () => Promise<void> } = {}) {
  const stores = await openTestStores(systemClock);
  ends.push(stores.close);
  const ports = { listenPort: await freePort(), adminPort: await freePort() };
  const { context } = await createInstance(
    { ...stores, counters: { ...stores.counters, ...counters } },
    systemClock,
  );
  const service = createAcsService({
    ...context,
    metrics: createMetrics("acs"),
    config: { ...context.config, ...ports },
  });
  await service.start();
  ends.push(() => service.stop());
  return {
    service,
    documents: stores.documents,
    url: `http://127.0.0.1:${ports.listenPort}`,
    admin: `http://127.0.0.1:${ports.adminPort}`,
    ports,
  };
}

it("serves over sockets, says that it is ready, and stops", async () => {
  const { service, url, admin } = await startService();
  expect((await putUseCase(service, useCaseDocument())).status).toBe(201);
  const keys = (await (await fetch(`${url}${ROUTES.keys("messaging")}`)).json()) as KeyDocument;
  expect(keys.keys).toHaveLength(2);
  const ready = await fetch(`${admin}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, dependencies: { counters: { ok: true }, documents: { ok: true }, keys: { ok: true } } },
  ]);
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain("dit_acs_issuances_total");
  expect(metrics).toMatch(/^dit_acs_rotation_success_timestamp_seconds [1-9]/m);
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  await service.stop();
  await expect(fetch(`${url}${ROUTES.keys("messaging")}`)).rejects.toThrow();
});

it("says which dependency is in the way, and why", async () => {
  const down = Object.assign(new Error("secret detail"), { code: "ECONNREFUSED" });
  const { admin } = await startService({ check: () => Promise.reject(down) });
  const ready = await fetch(`${admin}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({
    ready: false,
    dependencies: { counters: { ok: false, reason: "ECONNREFUSED" } },
  });
});

it("stays ready with a use case whose key cannot be opened, and names it", async () => {
  const { service, admin, documents } = await startService();
  for (const useCase of ["messaging", "calls"]) await putUseCase(service, useCaseDocument({ useCase }));
  const ring = await documents.get<StoredKeyRing>("primary-keys", "messaging");
  if (ring === undefined) throw new Error("no ring");
  // Versions that this instance has not opened yet.
  const keys = ring.value.keys.map((key) => ({ ...key, keyVersion: key.keyVersion + 2 }));
  const value = { ...ring.value, lastKeyVersion: 4, keys };
  await documents.commit({
    changes: [{ collection: "primary-keys", key: "messaging", expectedVersion: ring.version, value }],
  });
  const ready = await fetch(`${admin}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { ready: true, dependencies: { keys: { ok: true, impaired: ["messaging"] } } },
  ]);
});

it("is asked by any name on its public port, and by this machine's on the operator's", async () => {
  const { ports } = await startService();
  const statusOf = async (port: number, path: string) => {
    const request = get({ port, path, host: "127.0.0.1", headers: { host: "acs.example" } });
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  expect(await statusOf(ports.listenPort, ROUTES.keys("messaging"))).toBe(403);
  expect(await statusOf(ports.adminPort, "/metrics")).toBe(421);
});

it("does not wait for a body that never comes: others are served", async () => {
  const { service, url, ports } = await startService();
  await putUseCase(service, useCaseDocument());
  const slow = connect(ports.listenPort, "127.0.0.1");
  slow.on("error", () => undefined);
  slow.write(
    `POST ${ROUTES.issueTokens("messaging")} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{`,
  );
  ends.push(() => slow.destroy());
  expect((await fetch(`${url}${ROUTES.keys("messaging")}`)).status).toBe(200);
  slow.destroy();
});

/** The real process, with its settings from the environment. */
async function startProcess(env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...env }, stdio: "pipe" });
  ends.push(() => child.exitCode ?? child.kill("SIGKILL"));
  return child;
}

it("as a process: keeps its keys over a kill, and stops cleanly", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "dit-acs-main-"));
  ends.push(() => rmSync(dataDirectory, { recursive: true }));
  const [listenPort, adminPort] = [await freePort(), await freePort()];
  const env = {
    DIT_ACS_LISTEN_PORT: String(listenPort),
    DIT_ACS_ADMIN_PORT: String(adminPort),
    DIT_ACS_SERVICE_SECRET: SERVICE_SECRET,
    DIT_ACS_ADMIN_SECRET: ADMIN_SECRET,
    DIT_ACS_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64url"),
    DIT_ACS_DATA_DIRECTORY: dataDirectory,
  };
  const remote = {
    app: {
      fetch: (request: Request) => fetch(request.url.replace("acs.test", `127.0.0.1:${listenPort}`), request),
    },
  };
  const keysText = async () =>
    (await fetch(`http://127.0.0.1:${listenPort}${ROUTES.keys("messaging")}`)).text();
  const first = await startProcess(env);
  await isReady(adminPort);
  expect((await putUseCase(remote, useCaseDocument())).status).toBe(201);
  const before = await keysText();
  first.kill("SIGKILL");
  await once(first, "exit");
  const second = await startProcess(env);
  await isReady(adminPort);
  expect(await keysText()).toBe(before);
  second.kill("SIGTERM");
  expect(await once(second, "exit")).toEqual([0, null]);
}, 120_000);

it("as a process: waits for stores that are away, says which and why, and stops when it is told to", async () => {
  const [listenPort, adminPort, away] = [await freePort(), await freePort(), await freePort()];
  const child = await startProcess({
    DIT_ACS_LISTEN_PORT: String(listenPort),
    DIT_ACS_ADMIN_PORT: String(adminPort),
    DIT_ACS_SERVICE_SECRET: SERVICE_SECRET,
    DIT_ACS_ADMIN_SECRET: ADMIN_SECRET,
    DIT_ACS_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64url"),
    DIT_ACS_COUNTERS_URL: `redis://:hunter2@127.0.0.1:${away}`,
    DIT_ACS_DOCUMENTS_URL: `postgres://u:hunter2@127.0.0.1:${away}/d`,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      output += String(chunk);
    });
  const readiness = await firstAnswer(`http://127.0.0.1:${adminPort}/readyz`);
  const missing = { ok: false, reason: "ECONNREFUSED" };
  expect(await readiness.json()).toMatchObject({
    ready: false,
    dependencies: { counters: missing, documents: missing, keys: missing },
  });
  await expect(fetch(`http://127.0.0.1:${listenPort}/`)).rejects.toThrow();
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([0, null]);
  expect(output).toContain('"event":"service.waiting"');
  expect(output).not.toContain("hunter2");
}, 120_000);

it("as a process: refuses a bad configuration with every problem", async () => {
  const child = await startProcess({ DIT_ACS_LISTEN_PROT: "1" });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  expect(await once(child, "close")).toEqual([2, null]);
  expect(stderr).toMatch(/DIT_ACS_LISTEN_PROT[\s\S]*DIT_ACS_SERVICE_SECRET/);
});

async function isReady(adminPort: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    if (Date.now() > deadline) throw new Error("not ready in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function firstAnswer(url: string): Promise<Response> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error("no answer in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
