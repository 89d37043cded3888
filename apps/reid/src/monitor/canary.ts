import { type UseCase, useCaseSchema } from "@dit/protocol/schemas";
import { inColumns, type Warehouse } from "@dit/storage";
import { gravest, type Level } from "../decide/finding.ts";
import { judge, MIN_PIDS } from "../decide/judge.ts";
import { windowAt } from "../measure/event-window.ts";
import { measureUseCase } from "../measure/measure-use-case.ts";
import type { HashKey } from "../measure/value-hash.ts";

/** No use case can be called so: ids do not end in `_`. */
const USE_CASE = "reid_";
const EVENT = "canary";
const TABLE = `dit.${USE_CASE}__${EVENT}`;
const PEOPLE = 2 * MIN_PIDS;
const DAY_SECONDS = 86_400;

/** Planted: everyone has a number of their own in one field, and one of two words in the other. */
const CANARY: UseCase = {
  ...useCaseSchema.parse({
    useCase: "reid",
    owner: "the re-identification monitor",
    purpose:
      "Shows at every run that a field which identifies would be found, and one which does not would not",
    issuance: { authenticator: "application_server", serverId: "nobody", tokensPerEpoch: 1 },
    events: {
      canary: {
        fields: {
          identifier: { type: "integer", min: 0, max: 2 ** 40 },
          harmless: { type: "enum", values: ["yes", "no"] },
        },
      },
    },
  }),
  useCase: USE_CASE,
};

/**
 * Plants the canary of today, unless it is there, and looks for it as for everything else. Rejects if the field that identifies is not found to
 * be one to block, or the other is found to be anything: whoever reads a run that says nothing must be able to rely on it.
 */
export async function findCanary(warehouse: Warehouse, key: HashKey, nowSeconds: number): Promise<void> {
  const window = windowAt(CANARY, nowSeconds);
  await plant(warehouse, window);
  const entry = { version: 1, document: CANARY, blockedFields: {} };
  const measured = await measureUseCase(warehouse, entry, window, key, () => false);
  const levelOf = (field: string): Level | undefined => {
    const found = measured.find(({ measurement }) => measurement.fields.join() === field);
    return found && gravest(judge(found.measurement, CANARY.privacy, true))?.level;
  };
  if (levelOf("identifier") !== "block" || levelOf("harmless") !== "fine") throw new CanaryError();
}

async function plant(warehouse: Warehouse, window: number): Promise<void> {
  const { onCluster, engine, settings } = warehouse.tables;
  await warehouse.command(`CREATE TABLE IF NOT EXISTS ${TABLE}${onCluster} (
  ingest_day Date COMMENT 'The day it is for [day]',
  epoch UInt32 COMMENT 'The same [epochs since 1970]',
  pid UUID COMMENT 'Nobody',
  identifier Nullable(Int64) COMMENT 'Another one for everybody',
  harmless Nullable(String) COMMENT 'yes or no'
) ENGINE = ${engine(TABLE)}
PARTITION BY ingest_day ORDER BY pid TTL ingest_day + toIntervalDay(3)
SETTINGS ${settings}
COMMENT 'What the re-identification monitor plants for itself, to see that it sees'`);
  const [found] = await warehouse.query<{ people: number }>(
    `SELECT count() AS people FROM ${TABLE} WHERE epoch = {window:UInt32}`,
    { window },
  );
  if (Number(found?.people) > 0) return;
  const ingest_day = new Date(window * DAY_SECONDS * 1_000).toISOString().slice(0, 10);
  const rows = Array.from({ length: PEOPLE }, (_, person) => ({
    ingest_day,
    epoch: window,
    pid: `00000000-0000-0000-0000-${person.toString(16).padStart(12, "0")}`,
    identifier: window * PEOPLE + person,
    harmless: person % 2 === 0 ? "yes" : "no",
  }));
  await warehouse.insert({ table: TABLE, ...inColumns(rows), deduplicationToken: `reid-canary:${window}` });
}

class CanaryError extends Error {
  override readonly name = "CanaryError";
  readonly code = "canary_not_found";

  constructor() {
    super(
      "the planted identifier was not found, or what was planted beside it was: nothing that this run says can be relied on",
    );
  }
}
