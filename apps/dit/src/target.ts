import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configTypes, loadConfig, type Secret } from "@dit/service-kit";
import { z } from "zod";
import { type Addresses, DEFAULT_ADDRESSES, firstOf, type Instances, instancesOf } from "./addresses.ts";
import { CommandError, type CommandIo } from "./command.ts";
import { dataDirectoryFrom, loadSharedConfig, PREFIXES } from "./shared-config.ts";

/** The running pipeline that a command talks to. */
export interface Target {
  readonly dataDirectory: string;
  readonly environment: string;
  readonly instances: Instances;
  /** The first of each. */
  readonly addresses: Addresses;
  /** Undefined: the box's own is in its data directory. */
  readonly adminSecret: Secret | undefined;
  readonly serviceSecret: Secret | undefined;
  /** Of an account, for the doctor's event; undefined: the development identity provider gives one. */
  readonly accessToken: Secret | undefined;
}

const url = configTypes.url.transform((text) => [text]).meta({ takes: "URL" });
const urls = configTypes.list.pipe(z.array(configTypes.url)).meta({ takes: "URLs, comma-separated" });
/** A ClickHouse server asks who wants to know. */
const urlWithCredentials = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .transform((text) => [text.replace(/\/+$/, "")])
  .meta({ takes: "URL", secret: true });

/** Read from `DIT_AT_*`. */
export const targetVariablesSchema = z.object({
  edgeUrl: urls.describe("every edge").optional(),
  acsUrl: urls.describe("every ACS").optional(),
  warehouseUrl: urlWithCredentials.describe("the warehouse; may hold a user and a password").optional(),
  identityProviderUrl: url.describe("the development identity provider").optional(),
  edgeAdminUrl: urls.describe("the operator's port of every edge").optional(),
  acsAdminUrl: urls.describe("the operator's port of every ACS").optional(),
  ingestAdminUrl: urls.describe("the operator's port of every ingest").optional(),
  sinkAdminUrl: urls.describe("the operator's port of every sink").optional(),
  reidAdminUrl: url.describe("the operator's port of the re-identification monitor").optional(),
  warehouseAdminUrl: url.describe("the operator's port of one box's warehouse").optional(),
  adminSecret: configTypes.secret.describe("for `keys`, `use-case`, `audit`: as ACS has it").optional(),
  serviceSecret: configTypes.secret.describe("for `doctor`: as ACS has it").optional(),
  accessToken: configTypes.secret
    .describe("an account's token for the event of `doctor`, where there is no development identity provider")
    .optional(),
} satisfies Record<keyof Addresses | "adminSecret" | "serviceSecret" | "accessToken", unknown>);

/** What `dit up` leaves in its data directory for the other commands. */
const recordSchema = z.object({
  environment: z.string(),
  addresses: z.partialRecord(z.enum(Object.keys(DEFAULT_ADDRESSES) as (keyof Addresses)[]), z.string()),
});

const FILE = "addresses.json";

/**
 * Reads `DIT_AT_*`, as DIT_AT_ACS_URL=http://a:8081,http://b:8081; what they leave open is as the `dit up` of the data directory wrote it down, and else as on a
 * box with default ports. Throws ConfigError with every problem.
 */
export async function targetFrom(env: CommandIo["env"], dataOption?: string): Promise<Target> {
  const dataDirectory = dataDirectoryFrom(env, dataOption);
  const record = await readRecord(join(dataDirectory, FILE));
  const { adminSecret, serviceSecret, accessToken, ...told } = loadTargetVariables(env);
  const known = instancesOf({ ...DEFAULT_ADDRESSES, ...record?.addresses });
  const instances = {
    ...known,
    // The box's would answer for another warehouse.
    ...(told.warehouseUrl !== undefined && { warehouseAdminUrl: [] }),
    ...(Object.fromEntries(
      Object.entries(told).filter(([, each]) => each !== undefined),
    ) as Partial<Instances>),
  };
  return {
    dataDirectory,
    environment: loadSharedConfig(env).environment ?? record?.environment ?? "development",
    instances,
    addresses: firstOf(instances),
    adminSecret,
    serviceSecret,
    accessToken,
  };
}

export function loadTargetVariables(env: CommandIo["env"]): z.output<typeof targetVariablesSchema> {
  return loadConfig(targetVariablesSchema, env, PREFIXES.target);
}

export async function writeTarget(
  dataDirectory: string,
  { environment, addresses }: Pick<Target, "environment" | "addresses">,
): Promise<void> {
  await writeFile(join(dataDirectory, FILE), `${JSON.stringify({ environment, addresses }, undefined, 2)}\n`);
}

async function readRecord(file: string): Promise<z.output<typeof recordSchema> | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new CommandError(`${file} cannot be read: remove it, \`dit up\` writes it anew`, { cause: error });
  }
}
