import { fromBase64Url } from "@dit/crypto-core";
import { z } from "zod";
import { LOG_LEVELS } from "./logger.ts";
import { Secret } from "./secret.ts";

const MIN_SECRET_LENGTH = 32;

const wholeNumber = (min: number, max: number, takes: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int(`must be a whole number from ${min} to ${max}`).min(min).max(max))
    .meta({ takes });

/**
 * Schemas from the text of an environment variable. Their messages never quote it. `takes` of their metadata is the unit or the kind of
 * the value, `secret` says that nobody else may see it; what a key is for is its own description.
 */
export const configTypes = {
  port: wholeNumber(0, 65_535, "port"),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, "must be a host name or an address")
    .meta({ takes: "host" }),
  durationMs: wholeNumber(0, 86_400_000 * 366, "ms"),
  durationSeconds: wholeNumber(0, 86_400 * 3660, "s"),
  bytes: wholeNumber(0, 2 ** 40, "bytes"),
  count: wholeNumber(0, Number.MAX_SAFE_INTEGER, "count"),
  ratePerSecond: wholeNumber(1, 10_000_000, "1/s"),
  boolean: z
    .enum(["true", "false"], "must be true or false")
    .transform((text) => text === "true")
    .meta({ takes: "true, false" }),
  text: z.string().min(1).max(500).meta({ takes: "text" }),
  path: z.string().min(1).max(4096).meta({ takes: "path" }),
  /** Comma-separated, blanks around the parts ignored. */
  list: z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(z.string().min(1, "has an empty entry")))
    .meta({ takes: "list" }),
  /** http or https, without credentials; a trailing slash is cut off, so that a path can be appended. */
  url: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .refine(hasNoCredentials, "must not hold credentials")
    .transform((text) => text.replace(/\/+$/, ""))
    .meta({ takes: "URL" }),
  secret: z
    .string()
    .min(MIN_SECRET_LENGTH, `must have at least ${MIN_SECRET_LENGTH} characters`)
    .transform((text) => new Secret(text))
    .meta({ takes: `at least ${MIN_SECRET_LENGTH} characters`, secret: true }),
  /** A URL that may hold credentials: of a database or a broker. `parse` throws what is wrong with it, in words that do not quote it. */
  connectionString: (parse: (text: string) => unknown) =>
    z
      .string()
      .superRefine((text, context) => {
        try {
          parse(text);
        } catch (error) {
          context.addIssue(error instanceof Error ? error.message : "is not such a URL");
        }
      })
      .transform((text) => new Secret(text))
      .meta({ takes: "URL", secret: true }),
  keyEncryptionKey: z
    .string()
    .transform(fromBase64Url)
    .refine((key) => key?.length === 32, "must be base64url of 32 bytes, without padding")
    .transform((key) => key ?? new Uint8Array())
    .meta({ takes: "32 bytes, base64url", secret: true }),
  environment: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and -, at most 40")
    .meta({ takes: "name" }),
  logLevel: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`)
    .meta({ takes: LOG_LEVELS.join(", ") }),
} as const;

function hasNoCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === "" && url.password === "");
}
