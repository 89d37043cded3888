import { baseConfigShape, configTypes, loadConfig, Secret } from "@dit/service-kit";
import { parseCountersUrl, parseDocumentsUrl } from "@dit/storage";
import { z } from "zod";
import { DEFAULT_ISSUE_MAX_QUEUED } from "./issue/issue-pool.ts";
import { DEFAULT_MAC_KEY_CACHE_BYTES } from "./redeem/mac-key-cache.ts";

const DEFAULT_PORT = 8081;
const MIN_SECRET_LENGTH = 32;
const MAX_ISSUE_THREADS = 256;

/** `{"<serverId>": "<secret>", ...}` as JSON. */
const applicationServers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "must be JSON" });
      return z.NEVER;
    }
  })
  .pipe(
    z.record(
      z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
      z
        .string("must map server ids to secrets")
        .min(MIN_SECRET_LENGTH, `has a secret shorter than ${MIN_SECRET_LENGTH} characters`)
        .transform((text) => new Secret(text)),
      "must be an object whose keys are server ids: lower-case letters, digits and _, at most 40",
    ),
  )
  .describe('application servers that may assert accounts: `{"<id>": "<secret of at least 32 characters>"}`')
  .meta({ takes: "JSON", secret: true });

/** Read from `DIT_ACS_*`. */
export const acsConfigSchema = z.object({
  ...baseConfigShape(DEFAULT_PORT),
  serviceSecret: configTypes.secret.describe("what ingest and sink show to ACS"),
  adminSecret: configTypes.secret.describe("what operators show to ACS"),
  monitorSecret: configTypes.secret
    .describe("what the re-identification monitor shows to block fields; without it none is let in")
    .optional(),
  applicationServers: applicationServers.default({}),
  keyEncryptionKey: configTypes.keyEncryptionKey.describe(
    "seals all other keys at rest; the same in every ACS and sink",
  ),
  rotationIntervalMs: configTypes.durationMs
    .describe("between two looks at keys, epochs and counters; well below the shortest epoch")
    .default(5_000),
  issueThreads: configTypes.count
    .refine((count) => count <= MAX_ISSUE_THREADS, `must be at most ${MAX_ISSUE_THREADS}`)
    .describe(
      "threads that evaluate batches of tokens; one less than there are cores without it, but one at least; 0 evaluates in the main thread",
    )
    .optional(),
  issueMaxQueued: configTypes.count
    .describe("batches of tokens that wait for a thread, of about 15 ms each; beyond it `overloaded`")
    .default(DEFAULT_ISSUE_MAX_QUEUED),
  macKeyCacheBytes: configTypes.bytes
    .describe(
      "memory for MAC keys of tokens in use, about 180 bytes each; beyond it the least recently used is overwritten; 0 keeps none",
    )
    .default(DEFAULT_MAC_KEY_CACHE_BYTES),
  countersUrl: configTypes
    .connectionString(parseCountersUrl)
    .describe("Redis that counts uses and quotas: `redis://user:password@host:6379`; LMDB without it")
    .optional(),
  documentsUrl: configTypes
    .connectionString(parseDocumentsUrl)
    .describe(
      "Postgres with use cases and keys: `postgres://user:password@host:5432/database`; LMDB without it",
    )
    .optional(),
  dataDirectory: configTypes.path
    .describe("directory of the embedded stores, `counters` and `documents`")
    .default(".dit/acs"),
});

export type AcsConfig = Readonly<z.output<typeof acsConfigSchema>>;

/** Reads `DIT_ACS_*`. Throws ConfigError with everything that is wrong. */
export function loadAcsConfig(env: Readonly<Record<string, string | undefined>>): AcsConfig {
  return loadConfig(acsConfigSchema, env, "DIT_ACS");
}
