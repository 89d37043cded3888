import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webCryptoRandomBytes } from "@dit/crypto-core";
import type { BlockedFields } from "@dit/protocol";
import {
  type FieldDecision,
  type FieldPolicy,
  type UseCase,
  type UseCaseInput,
  useCaseSchema,
} from "@dit/protocol/schemas";
import {
  createLogger,
  createManualClock,
  createMetrics,
  createUseCaseDirectory,
  type UseCaseDirectory,
} from "@dit/service-kit";
import type { Documents, Warehouse } from "@dit/storage";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { createMonitor } from "../src/monitor/create-monitor.ts";
import type { ReidSettings } from "../src/settings.ts";

export const DAY_SECONDS = 86_400;
/** The rotation window that tests fill, the one before the engine's today: tables expire by the engine's own clock. */
export const WINDOW = Math.floor(Date.now() / 1_000 / DAY_SECONDS) - 1;

export interface TestStores {
  readonly warehouse: Warehouse;
  readonly documents: Documents;
  close(): Promise<void>;
}

export async function openTestStores(): Promise<TestStores> {
  const path = await mkdtemp(join(tmpdir(), "dit-reid-"));
  const warehouse = await openChdbWarehouse({ path: join(path, "warehouse") });
  const documents = await openLmdbDocuments({ path: join(path, "documents") });
  return {
    warehouse,
    documents,
    async close() {
      await warehouse.close();
      await documents.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

export function makeUseCase(
  useCase: string,
  fields: UseCaseInput["events"][string]["fields"],
  privacy: UseCaseInput["privacy"] = {},
): UseCase {
  return useCaseSchema.parse({
    useCase,
    owner: "o",
    purpose: "p",
    issuance: { authenticator: "application_server", serverId: "shop", tokensPerEpoch: 8 },
    privacy,
    events: { sent: { fields } },
  });
}

const TYPES = {
  boolean: "Bool",
  integer: "Int64",
  float: "Float64",
  enum: "String",
  string: "String",
} as const;

/**
 * Fills a use case's `sent` table as the sink would have. Each field is SQL over `person` (0, 1, ...), `n` (the row of that person: 0, 1, ...)
 * and `window`, `r1` to `r9` being random numbers of the row (0 to 2^32 - 1).
 */
export async function fillWindow(
  warehouse: Warehouse,
  { useCase, events }: UseCase,
  options: {
    readonly window: number;
    readonly people: number;
    readonly rowsPerPerson?: number;
    readonly values: Readonly<Record<string, string>>;
    /** Whose pid a row has: `person`, unless it is said otherwise. */
    readonly who?: string;
  },
): Promise<void> {
  const { window, people, rowsPerPerson = 1, values, who = "person" } = options;
  const fields = Object.entries(events.sent?.fields ?? {});
  const columns = fields.map(([name, { type }]) => `${name} Nullable(${TYPES[type]})`);
  await warehouse.command("CREATE DATABASE IF NOT EXISTS dit");
  await warehouse.command(
    `CREATE TABLE IF NOT EXISTS dit.${useCase}__sent (ingest_day Date, at DateTime('UTC'), epoch UInt32, pid UUID, ${columns.join(", ")})
ENGINE = MergeTree PARTITION BY ingest_day ORDER BY (at, pid)`,
  );
  const random = Array.from({ length: 9 }, (_, index) => `rand(${index + 1}) AS r${index + 1}`);
  await warehouse.command(
    `INSERT INTO dit.${useCase}__sent WITH ${window} AS window, number % ${people} AS person, intDiv(number, ${people}) AS n, ${random.join(", ")}
SELECT toDate(window), toDateTime(window * ${DAY_SECONDS}, 'UTC'), window,
  reinterpretAsUUID(sipHash128(${who}, window, 'pid')), ${fields.map(([name]) => values[name] ?? "NULL").join(", ")}
FROM numbers(${people * rowsPerPerson})`,
  );
}

export interface TestMonitor extends ReturnType<typeof createMonitor> {
  readonly clock: ReturnType<typeof createManualClock>;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly decisions: (FieldDecision & { readonly useCase: string })[];
  readonly directory: UseCaseDirectory;
  readonly log: readonly string[];
}

export async function createTestMonitor(
  stores: Pick<TestStores, "warehouse" | "documents">,
  useCases: readonly UseCase[],
  options: {
    readonly config?: Partial<ReidSettings>;
    readonly fetch?: typeof fetch;
    readonly nowSeconds?: number;
    readonly policy?: Partial<FieldPolicy>;
    /** Instead of an ACS that blocks what it is told to; what it throws is what ACS answers. */
    readonly decideField?: (useCase: string, decision: FieldDecision) => void;
  } = {},
): Promise<TestMonitor> {
  const { nowSeconds = (WINDOW + 1) * DAY_SECONDS + 6 * 3_600 } = options;
  const clock = createManualClock(nowSeconds * 1_000);
  const log: string[] = [];
  const logger = createLogger({ service: "reid", clock, write: (line) => log.push(line) });
  const metrics = createMetrics("reid");
  const blocked = new Map<string, Record<string, string[]>>();
  let changes = 0;
  const directory = createUseCaseDirectory({
    acs: {
      listUseCases: async () => ({
        etag: String(changes),
        list: {
          environment: "test",
          useCases: structuredClone(useCases).map((document) => {
            const blockedFields: BlockedFields = blocked.get(document.useCase) ?? {};
            return { version: 1, document, blockedFields } as never;
          }),
        },
      }),
    },
    logger,
    clock,
  });
  await directory.refresh();
  const policy = { blocks: [], overrides: [], clearings: [], ...options.policy };
  const decisions: TestMonitor["decisions"] = [];
  const monitor = createMonitor({
    ...stores,
    directory,
    acs: {
      fieldPolicy: async () => ({ version: 1, policy }),
      async decideField(useCase, decision) {
        options.decideField?.(useCase, decision);
        decisions.push({ useCase, ...decision });
        const fields = blocked.get(useCase) ?? {};
        blocked.set(useCase, {
          ...fields,
          [decision.event]: [...(fields[decision.event] ?? []), decision.field],
        });
        changes += 1;
        await directory.refresh();
        return { version: 2, policy };
      },
    },
    clock,
    random: webCryptoRandomBytes,
    logger,
    metrics,
    config: {
      listenHost: "127.0.0.1",
      adminPort: 0,
      intervalMs: 60_000,
      settleSeconds: 600,
      webhook: undefined,
      alertmanagerUrl: undefined,
      runbookUrl: "https://example.org/runbook",
      ...options.config,
    },
    ...(options.fetch && { fetch: options.fetch }),
  });
  return { ...monitor, clock, metrics, decisions, directory, log };
}
