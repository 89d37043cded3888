import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@dit/client";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument, UseCaseInput } from "@dit/protocol/schemas";
import { type AcsAdminClient, createAcsAdminClient, Secret } from "@dit/service-kit";
import { fetchAccessToken, simulatedUseCase } from "@dit/simulator";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { queryWarehouse } from "../../src/commands/query.ts";
import { readLocalSecret } from "../../src/pipeline/data-directory.ts";
import { type Pipeline, startPipeline } from "../../src/pipeline/pipeline.ts";
import { MANY_AT_ONCE } from "../support/many-at-once.ts";
import { targetEnv } from "../support/target-env.ts";
import { until } from "../support/until.ts";

const DAY_SECONDS = 86_400;
export const USE_CASE = "messenger";
export const EVENT = "opened";
/** Tells everybody apart, for ever. */
export const FAULTY_FIELD = "installed_ms";
/** Beside it; nothing is wrong with them. */
export const CLEAN_FIELDS = ["battery", "network"] as const;
/** The same value under another name, in a use case of which people are told only. */
export const OTHER = { useCase: "shop", event: "bought", field: "device" } as const;
/** Every value of the faulty field has this in it, so that it is found wherever it went. */
export const PLANTED = "4831";

/** One box with a use case that asks too much, and its stored windows full of people. */
export interface FaultyBox {
  readonly directory: string;
  readonly pipeline: Pipeline;
  readonly env: Record<string, string>;
  readonly admin: AcsAdminClient;
  /** Sends until the sink has made the event's table. */
  storeFirstRow(): Promise<void>;
  /** Stores the windows up to now, each of `people` people, past everything but the warehouse. */
  fillWindows(people: number): Promise<void>;
  /** An app that has the keys of now, and asks for them again after `keysMaxAgeMs`; `bodies` are what leaves it. */
  startApp(keysMaxAgeMs: number): Promise<App>;
  /** The sum of a metric's series; 0 if there is none. */
  metric(service: "ingest" | "sink" | "reid", name: string): Promise<number>;
  query<Row>(sql: string): Promise<Row[]>;
  /** Stops it; its directory stays. */
  halt(): Promise<void>;
  stop(): Promise<void>;
}

export interface App {
  readonly client: Pick<Client<UseCaseInput>, "log" | "flush" | "close">;
  readonly bodies: readonly string[];
}

/** In a directory of its own, or in that of one that was halted. */
export async function startFaultyBox(
  env: Record<string, string> = {},
  { directory: known }: Partial<Pick<FaultyBox, "directory">> = {},
): Promise<FaultyBox> {
  const directory = known ?? (await mkdtemp(join(tmpdir(), "dit-reid-box-")));
  const pipeline = await startPipeline({
    env: { ...MANY_AT_ONCE, ...env },
    dataDirectory: directory,
    freePorts: true,
    writeLog: () => undefined,
  });
  const { addresses } = pipeline;
  const adminSecret = await readLocalSecret(directory, "adminSecret");
  const admin = createAcsAdminClient({ baseUrl: addresses.acsUrl, adminSecret: new Secret(adminSecret) });
  const document = faultyUseCase(addresses.identityProviderUrl);
  await admin.applyUseCase(document);
  await admin.applyUseCase(otherUseCase(document));
  const apps: App[] = [];
  const halt = async () => {
    for (const { client } of apps) await client.close();
    await pipeline.stop();
  };
  return {
    directory,
    pipeline,
    env: { ...targetEnv(pipeline.instances), DIT_DATA_DIR: directory },
    admin,
    async storeFirstRow() {
      // An app whose report comes before ingest has heard of the use case asks again after its keys' age.
      const { client } = await startApp(pipeline, document, 500);
      const isStored = async () => {
        client.log(EVENT, { [FAULTY_FIELD]: Number(`${PLANTED}000000001`), battery: 7, network: "wifi" });
        const sql = `SELECT 1 FROM system.tables WHERE name = '${USE_CASE}__${EVENT}' AND total_rows > 0`;
        return (await queryWarehouse(addresses.warehouseUrl, sql, "TSV")) !== "";
      };
      await until(isStored, 60_000, "the sink stores nothing").finally(() => client.close());
    },
    fillWindows: (people) => fillWindows(join(directory, "warehouse"), people),
    async startApp(keysMaxAgeMs) {
      const app = await startApp(pipeline, document, keysMaxAgeMs);
      apps.push(app);
      return app;
    },
    async metric(service, name) {
      const text = await (await fetch(`${addresses[`${service}AdminUrl`]}/metrics`)).text();
      const series = text.split("\n").filter((line) => new RegExp(`^${name}(\\{| )`).test(line));
      return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    },
    async query<Row>(sql: string) {
      const text = await queryWarehouse(addresses.warehouseUrl, sql, "JSONEachRow");
      return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
    },
    halt,
    async stop() {
      await halt();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function faultyUseCase(identityProviderUrl: string): UseCaseInput {
  return {
    ...simulatedUseCase,
    useCase: USE_CASE,
    issuance: {
      ...simulatedUseCase.issuance,
      jwksUrl: `${identityProviderUrl}/.well-known/jwks.json`,
      tokensPerEpoch: 1_000,
    },
    // So that yesterday is over whenever it is looked at.
    epoch: { graceSeconds: 0 },
    privacy: { onBreach: "block" },
    events: {
      [EVENT]: {
        fields: {
          [FAULTY_FIELD]: { type: "integer", min: 0, max: 2 ** 45 },
          battery: { type: "integer", min: 0, max: 20 },
          network: { type: "enum", values: ["wifi", "cell"] },
        },
      },
    },
  };
}

function otherUseCase(document: UseCaseInput): UseCaseInput {
  const fields = { [OTHER.field]: { type: "integer", min: 0, max: 2 ** 45 } } as const;
  return { ...document, useCase: OTHER.useCase, privacy: {}, events: { [OTHER.event]: { fields } } };
}

/** As the sink would have stored them: the same person has another pid each day, and the same installation. */
async function fillWindows(path: string, people: number): Promise<void> {
  const warehouse = await openChdbWarehouse({ path });
  try {
    const [table, other] = [`dit.${USE_CASE}__${EVENT}`, `dit.${OTHER.useCase}__${OTHER.event}`];
    await warehouse.command(`CREATE TABLE ${other} AS ${table}`);
    await warehouse.command(`ALTER TABLE ${other} RENAME COLUMN ${FAULTY_FIELD} TO ${OTHER.field}`);
    const today = Math.floor(Date.now() / 1_000 / DAY_SECONDS);
    for (const window of [today - 2, today - 1, today]) {
      await warehouse.command(
        `INSERT INTO ${table} (ingest_day, at, epoch, pid, report_id, ${FAULTY_FIELD}, ${CLEAN_FIELDS.join(", ")})
SELECT toDate(${window}), toDateTime(${window} * ${DAY_SECONDS}, 'UTC'), ${window}, reinterpretAsUUID(sipHash128(number, ${window})),
  generateUUIDv4(number), toInt64(concat('${PLANTED}', leftPad(toString(number), 9, '0'))), number % 20, number % 3 = 0 ? 'wifi' : 'cell'
FROM numbers(${people})`,
      );
      await warehouse.command(
        `INSERT INTO ${other} (ingest_day, at, epoch, pid, report_id, ${OTHER.field})
SELECT ingest_day, at, epoch, reinterpretAsUUID(sipHash128(pid)), generateUUIDv4(), ${FAULTY_FIELD}
FROM ${table} WHERE epoch = ${window} AND ${FAULTY_FIELD} % 3 != 0`,
      );
    }
  } finally {
    await warehouse.close();
  }
}

async function startApp(
  { addresses, environment }: Pipeline,
  useCase: UseCaseInput,
  keysMaxAgeMs: number,
): Promise<App> {
  const { keys } = (await (await fetch(addresses.acsUrl + ROUTES.keys(USE_CASE))).json()) as KeyDocument;
  const bodies: string[] = [];
  const client = createClient<UseCaseInput>({
    useCase,
    environment,
    acsUrl: addresses.acsUrl,
    edgeUrl: addresses.edgeUrl,
    pinnedKeys: keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey })),
    account: () => fetchAccessToken(addresses.identityProviderUrl, crypto.randomUUID()),
    consent: true,
    poprf: await createLibsodiumPoprf(),
    timing: {
      minTokenAgeMs: 0,
      tokenFetchDitherMs: 0,
      flushIntervalMs: 100,
      ditherMs: 1,
      backoffBaseMs: 200,
      backoffCapMs: 500,
      keysMaxAgeMs,
    },
    limits: { maxEventsPerReport: 1, walletTargetTokens: 4, walletLowWaterTokens: 2 },
    platform: {
      async fetch(url, init) {
        if (url.endsWith("/reports")) bodies.push(await textOf(init));
        return fetch(url, init);
      },
    },
  });
  return { client, bodies };
}

async function textOf({ body, headers }: RequestInit): Promise<string> {
  const stream = new Response(body ?? null).body;
  if (stream === null) return "";
  const gzip = new Headers(headers).get("content-encoding") === "gzip";
  return new Response(gzip ? stream.pipeThrough(new DecompressionStream("gzip")) : stream).text();
}
