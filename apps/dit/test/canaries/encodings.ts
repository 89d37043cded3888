import { createHash } from "node:crypto";

/** One way of writing a canary down, as bytes to look for. */
export interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

const HASHES = ["md5", "sha1", "sha256", "sha512"] as const;
/** Enough of a hash to be no accident, and little enough to find one that was cut short. */
const HASH_PREFIX_BYTES = 12;
/** What computers have as integers. */
const INTEGER_BYTES = [4, 8, 16];
const UUID_BYTES = 16;
/** What fits in a counter's key or a UUID: a longer value might be cut to it. */
const KEY_BYTES = 16;

/**
 * Every form in which a value might be written: as it is, in hex, in base64 wherever it begins within a group, as an integer of
 * either byte order, as a UUID, and the common hashes of it, whole or cut, in the same forms.
 */
export function formsOf(value: Buffer): Form[] {
  const hashed = HASHES.flatMap((hash) => {
    const digest = createHash(hash).update(value).digest().subarray(0, HASH_PREFIX_BYTES);
    return writtenForms(digest).map(({ name, bytes }) => ({ name: `${hash} ${name}`, bytes }));
  });
  return [
    ...writtenForms(value),
    ...(value.length > KEY_BYTES && !isText(value) ? cutForms(value) : []),
    ...(isText(value) ? textForms(value.toString()) : []),
    ...(INTEGER_BYTES.includes(value.length) && !isText(value) ? integerForms(value) : []),
    ...(value.length === UUID_BYTES ? uuidForms(value) : []),
    ...hashed,
  ];
}

function writtenForms(value: Buffer): Form[] {
  const hex = value.toString("hex");
  return [
    { name: "as it is", bytes: value },
    { name: "hex", bytes: Buffer.from(hex) },
    { name: "upper-case hex", bytes: Buffer.from(hex.toUpperCase()) },
    ...[0, 1, 2].flatMap((offset) => base64Forms(value, offset)),
  ];
}

function cutForms(value: Buffer): Form[] {
  const cut = value.subarray(0, KEY_BYTES);
  return writtenForms(cut).map(({ name, bytes }) => ({ name: `${name}, cut`, bytes }));
}

/** What base64 makes of the value if it begins `offset` bytes into a group of three: the characters that depend on it alone. */
function base64Forms(value: Buffer, offset: number): Form[] {
  const encoded = Buffer.concat([Buffer.alloc(offset), value]).toString("base64");
  const text = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + value.length) * 8) / 6));
  const url = text.replaceAll("+", "-").replaceAll("/", "_");
  return [
    { name: `base64 at ${offset}`, bytes: Buffer.from(text) },
    { name: `base64url at ${offset}`, bytes: Buffer.from(url) },
    { name: `base64 at ${offset} in JSON`, bytes: Buffer.from(text.replaceAll("/", "\\/")) },
  ];
}

function textForms(text: string): Form[] {
  return [
    { name: "UTF-16", bytes: Buffer.from(text, "utf16le") },
    { name: "percent-encoded", bytes: Buffer.from(encodeURIComponent(text)) },
    { name: "in JSON", bytes: Buffer.from(text.replaceAll("/", "\\/")) },
    { name: "upper case", bytes: Buffer.from(text.toUpperCase()) },
    { name: "lower case", bytes: Buffer.from(text.toLowerCase()) },
  ];
}

function integerForms(value: Buffer): Form[] {
  const reversed = Buffer.from(value).reverse();
  const decimal = (bytes: Buffer) => Buffer.from(BigInt(`0x${bytes.toString("hex")}`).toString());
  return [
    { name: "little-endian", bytes: reversed },
    { name: "decimal", bytes: decimal(value) },
    { name: "decimal, little-endian", bytes: decimal(reversed) },
  ];
}

/** The last is how ClickHouse stores one: two halves, each little-endian. */
function uuidForms(value: Buffer): Form[] {
  const uuid = value.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const halves = [value.subarray(0, 8), value.subarray(8)].map((half) => Buffer.from(half).reverse());
  return [
    { name: "UUID", bytes: Buffer.from(uuid) },
    { name: "upper-case UUID", bytes: Buffer.from(uuid.toUpperCase()) },
    { name: "UUID column", bytes: Buffer.concat(halves) },
  ];
}

function isText(value: Buffer): boolean {
  return value.every((byte) => byte >= 0x20 && byte < 0x7f);
}
