import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KeyPair, type Poprf, toBase64Url } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import type { AcceptedReport } from "@dit/protocol";
import {
  createLogger,
  createManualClock,
  createMetrics,
  createUseCaseDirectory,
  type ManualClock,
  type Metrics,
  Secret,
} from "@dit/service-kit";
import type { EventLog } from "@dit/storage";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { onTestFinished } from "vitest";
import type { IngestLimits } from "../src/limits.ts";
import { createIngestService, type IngestService } from "../src/service.ts";
import { type AcsInMemory, createAcsInMemory } from "./acs-in-memory.ts";
import { ENVIRONMENT, issueCredential, type SignedReport, useCase } from "./reports.ts";

const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";
export const START_MS = Date.UTC(2026, 0, 15, 12, 30, 20);
export const EPOCH = Math.floor(START_MS / 1000 / useCase.epoch.seconds);

export interface Rig {
  readonly service: IngestService;
  readonly acs: AcsInMemory;
  readonly eventLog: EventLog;
  readonly clock: ManualClock;
  readonly metrics: Metrics;
  readonly poprf: Poprf;
  readonly keys: KeyPair;
  readonly logLines: string[];
  credential(where?: Parameters<typeof issueCredential>[2]): ReturnType<typeof issueCredential>;
  send(report: SignedReport, headers?: Record<string, string>): Promise<Response>;
  /** Its headers alone, and the answer to them. */
  sendWithoutBody(report: SignedReport): Promise<IncomingMessage>;
  reports(): Promise<AcceptedReport[]>;
}

/** Ingest on real sockets with a real event log; both are gone after the test. */
export async function startRig(
  options: {
    readonly limits?: Partial<IngestLimits>;
    readonly wrapLog?: (log: EventLog) => EventLog;
    readonly disabled?: boolean;
    /** What ingest is told; ACS keeps to its own. */
    readonly environment?: string;
  } = {},
): Promise<Rig> {
  const path = await mkdtemp(join(tmpdir(), "dit-ingest-"));
  const eventLog = await openLmdbEventLog({ path });
  const poprf = await createLibsodiumPoprf();
  const keys = poprf.generateKeyPair();
  const clock = createManualClock(START_MS);
  const document = { ...useCase, enabled: options.disabled !== true };
  const acs = createAcsInMemory({
    environment: ENVIRONMENT,
    poprf,
    secretKey: keys.secretKey,
    clock,
    useCases: [{ version: 7, document, blockedFields: {} }],
  });
  const logLines: string[] = [];
  const logger = createLogger({ service: "ingest", clock, write: (line) => logLines.push(line) });
  const metrics = createMetrics("ingest");
  const directory = createUseCaseDirectory({ acs, logger, clock });
  await directory.start();
  const service = createIngestService({
    eventLog: options.wrapLog?.(eventLog) ?? eventLog,
    acs,
    directory,
    clock,
    logger,
    metrics,
    config: {
      environment: options.environment ?? ENVIRONMENT,
      listenHost: "127.0.0.1",
      listenPort: 0,
      adminPort: 0,
      edgeSecret: new Secret(EDGE_SECRET),
      // Sent together or not, on a slow machine too: what is not asked about is let in.
      limits: { minInFlightReports: 2_048, confirmMaxWaitMs: 1, confirmBaseBackoffMs: 1, ...options.limits },
    },
  });
  onTestFinished(async () => {
    await service.stop();
    await directory.stop();
    await eventLog.close();
    await rm(path, { recursive: true });
  });
  await service.start();
  return {
    service,
    acs,
    eventLog,
    clock,
    metrics,
    poprf,
    keys,
    logLines,
    credential: (where) => issueCredential(poprf, keys, { epoch: EPOCH, ...where }),
    send: ({ path: reportPath, headers, body }, extra) =>
      fetch(`${service.url}${reportPath}`, {
        method: "POST",
        headers: { "dit-edge": EDGE_SECRET, ...headers, ...extra },
        body,
      }),
    sendWithoutBody: ({ path: reportPath, headers, body }) =>
      new Promise((resolve, reject) => {
        const length = { "content-length": String(body.length) };
        const outgoing = request(`${service.url}${reportPath}`, {
          method: "POST",
          headers: { "dit-edge": EDGE_SECRET, ...headers, ...length },
        });
        outgoing.once("error", reject);
        outgoing.once("response", (incoming) => {
          outgoing.off("error", reject).on("error", () => undefined);
          resolve(incoming);
          outgoing.destroy();
        });
        outgoing.flushHeaders();
      }),
    reports: () => readReports(eventLog),
  };
}

/** Everything in the log. */
async function readReports(eventLog: EventLog): Promise<AcceptedReport[]> {
  const stop = new AbortController();
  const reports: AcceptedReport[] = [];
  const progress = await eventLog.progress("reports", "test");
  let missing = progress.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
  if (missing === 0) return [];
  await eventLog.consume({
    topic: "reports",
    group: "test",
    signal: stop.signal,
    async onPartition(partition, signal) {
      let { offset } = await partition.committed();
      while (!signal.aborted && missing > 0) {
        const records = await partition.read(offset, 1000, 20);
        for (const record of records) {
          reports.push(JSON.parse(Buffer.from(record.value).toString("utf8")));
          offset = record.offset + 1;
        }
        missing -= records.length;
      }
      if (missing === 0) stop.abort();
    },
  });
  return reports;
}

/** Waits until `isTrue`, for as long as a very slow machine may need. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error("it did not come true");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function codeOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { code: unknown }).code;
}

export function tokenText(credential: { readonly token: Uint8Array }): string {
  return toBase64Url(credential.token);
}
