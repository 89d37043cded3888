import { inflateRawSync, constants as zlib, zstdDecompressSync } from "node:zlib";
import { decodeLz4 } from "./lz4.ts";

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
const [FHCRC, FEXTRA, FNAME, FCOMMENT] = [2, 4, 8, 16] as const;
/** What a gzip member looks like in base64. */
const GZIP_IN_BASE64 = /H4sI[\w+/-]{12,}/g;
const MAX_DEPTH = 4;
const MAX_OUTPUT_BYTES = 64 * 1_024 * 1_024;

/** ClickHouse's framing of a compressed block: checksum, method, sizes with and without compression. */
const CHECKSUM_BYTES = 16;
const BLOCK_HEADER_BYTES = 9;
const METHODS = { none: 0x02, lz4: 0x82, zstd: 0x90 } as const;

/** The bytes themselves, every gzip member and compressed ClickHouse block in them, and what is packed in those. */
export function* unpacked(bytes: Buffer, depth = 0): Generator<Buffer> {
  yield bytes;
  if (depth === MAX_DEPTH) return;
  for (const part of [...gzipMembers(bytes), ...membersInBase64(bytes), ...clickHouseBlocks(bytes)]) {
    yield* unpacked(part, depth + 1);
  }
}

function* gzipMembers(bytes: Buffer): Generator<Buffer> {
  for (let at = bytes.indexOf(GZIP_MAGIC); at >= 0; at = bytes.indexOf(GZIP_MAGIC, at + 1)) {
    const packed = bytes.subarray(endOfGzipHeader(bytes, at));
    // Without the trailer: neither what follows the member nor a wrong checksum is a reason to leave out what was in it.
    const plain = attempt(() =>
      inflateRawSync(packed, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: MAX_OUTPUT_BYTES }),
    );
    if (plain !== undefined && plain.length > 0) yield plain;
  }
}

/** RFC 1952 section 2.3. */
function endOfGzipHeader(bytes: Buffer, start: number): number {
  const flags = bytes[start + 3] ?? 0;
  let at = start + 10;
  if (flags & FEXTRA) at += 2 + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  for (const flag of [FNAME, FCOMMENT]) if (flags & flag) at = bytes.indexOf(0, at) + 1;
  return flags & FHCRC ? at + 2 : at;
}

function* membersInBase64(bytes: Buffer): Generator<Buffer> {
  if (!bytes.includes("H4sI")) return;
  for (const [text] of bytes.toString("latin1").matchAll(GZIP_IN_BASE64)) yield Buffer.from(text, "base64");
}

/** A column's or part's file is blocks from its beginning on. */
function* clickHouseBlocks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + CHECKSUM_BYTES + BLOCK_HEADER_BYTES <= bytes.length; ) {
    const start = at + CHECKSUM_BYTES;
    const method = bytes.readUInt8(start);
    const packedBytes = bytes.readUInt32LE(start + 1);
    const plainBytes = bytes.readUInt32LE(start + 5);
    const end = start + packedBytes;
    if (packedBytes < BLOCK_HEADER_BYTES || end > bytes.length || plainBytes > MAX_OUTPUT_BYTES) return;
    const packed = bytes.subarray(start + BLOCK_HEADER_BYTES, end);
    const plain = attempt(() => plainBlock(method, packed, plainBytes));
    if (plain === undefined) return;
    yield plain;
    at = end;
  }
}

function plainBlock(method: number, packed: Buffer, plainBytes: number): Buffer | undefined {
  if (method === METHODS.lz4) return decodeLz4(packed, plainBytes);
  if (method === METHODS.zstd) return zstdDecompressSync(packed);
  return method === METHODS.none ? packed : undefined;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
