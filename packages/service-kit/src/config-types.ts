import { fromBase64Url } from "@dit/crypto-core";
import { z } from "zod";
import { LOG_LEVELS } from "./logger.ts";
import { Secret } from "./secret.ts";

const MIN_SECRET_LENGTH = 32;

const wholeNumber = (min: number, max: number, description: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int(`must be a whole number from ${min} to ${max}`).min(min).max(max))
    .describe(description);

/** Schemas from the text of an environment variable. Their messages never quote it. */
export const configTypes = {
  port: wholeNumber(0, 65_535, "TCP port; 0 takes a free one"),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, "must be a host name or an address")
    .describe("host name or address"),
  durationMs: wholeNumber(0, 86_400_000 * 366, "duration in milliseconds"),
  durationSeconds: wholeNumber(0, 86_400 * 3660, "duration in seconds"),
  bytes: wholeNumber(0, 2 ** 40, "size in bytes"),
  count: wholeNumber(0, Number.MAX_SAFE_INTEGER, "whole number"),
  ratePerSecond: wholeNumber(1, 10_000_000, "events a second"),
  boolean: z
    .enum(["true", "false"], "must be true or false")
    .transform((text) => text === "true")
    .describe("true or false"),
  text: z.string().min(1).max(500).describe("text"),
  path: z.string().min(1).max(4096).describe("path of a file or directory"),
  /** Comma-separated, blanks around the parts ignored. */
  list: z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(z.string().min(1, "has an empty entry")))
    .describe("comma-separated list"),
  /** http or https, without credentials; a trailing slash is cut off, so that a path can be appended. */
  url: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .refine(hasNoCredentials, "must not hold credentials")
    .transform((text) => text.replace(/\/+$/, ""))
    .describe("http or https URL"),
  secret: z
    .string()
    .min(MIN_SECRET_LENGTH, `must have at least ${MIN_SECRET_LENGTH} characters`)
    .transform((text) => new Secret(text))
    .describe(`secret of at least ${MIN_SECRET_LENGTH} characters`),
  /** A URL that may hold credentials: of a database or a broker. */
  connectionString: z
    .string()
    .min(1)
    .transform((text) => new Secret(text))
    .describe("connection URL; may hold credentials"),
  keyEncryptionKey: z
    .string()
    .transform(fromBase64Url)
    .refine((key) => key?.length === 32, "must be base64url of 32 bytes, without padding")
    .transform((key) => key ?? new Uint8Array())
    .describe("key of 32 bytes in base64url"),
  environment: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and -, at most 40")
    .describe("name of the environment; part of every credential"),
  logLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).describe("lowest level logged"),
} as const;

function hasNoCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === "" && url.password === "");
}
