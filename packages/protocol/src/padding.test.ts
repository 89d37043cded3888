import { createHash, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { fromHex, macKey, reportMac, toHex, token, transcriptDigest } from "@dit/crypto-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import example from "../test/vectors/padded-example.json" with { type: "json" };
import { gzipPaddedTo, paddedLength, REPORT_SIZE_BUCKETS_BYTES } from "./padding.ts";

const LARGEST = Math.max(...REPORT_SIZE_BUCKETS_BYTES);
/** Id, lengths and flag of the extra field. */
const OVERHEAD_BYTES = 6;

async function gunzipAsBrowserDoes(body: Uint8Array<ArrayBuffer>): Promise<Buffer> {
  const stream = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"));
  return Buffer.from(await new Response(stream).arrayBuffer());
}

describe("padding", () => {
  it("puts every body that fits into the smallest bucket that holds it, and gunzips back", () => {
    // Few or all byte values, so that members of every length come about, from well to not at all compressed.
    const body = fc.tuple(fc.nat({ max: 80_000 }), fc.constantFrom(1, 7, 251), fc.nat({ max: 9 }));
    fc.assert(
      fc.property(body, ([length, distinct, level]) => {
        const content = Buffer.alloc(length).map((_, i) => ((i * i) >>> 3) % distinct);
        const member = gzipSync(content, { level });
        const padded = gzipPaddedTo(member);
        const bucket = REPORT_SIZE_BUCKETS_BYTES.find((size) => size >= member.length + OVERHEAD_BYTES);
        expect(padded?.length).toBe(bucket);
        if (padded !== undefined) expect(gunzipSync(padded).equals(content)).toBe(true);
      }),
    );
  });

  it("gunzips back with DecompressionStream, which the web's servers and tools use", async () => {
    const contents = [
      new Uint8Array(),
      new TextEncoder().encode("{}"),
      randomBytes(3000),
      randomBytes(60_000),
    ];
    for (const content of contents) {
      const padded = gzipPaddedTo(gzipSync(content));
      if (padded === undefined) throw new Error("a body that fits was not padded");
      expect((await gunzipAsBrowserDoes(padded)).equals(content)).toBe(true);
    }
  });

  it("holds at the edges of every bucket, to the byte", () => {
    for (const bucket of REPORT_SIZE_BUCKETS_BYTES) {
      for (const length of [
        bucket - OVERHEAD_BYTES - 1,
        bucket - OVERHEAD_BYTES,
        bucket - OVERHEAD_BYTES + 1,
      ]) {
        const member = new Uint8Array(length);
        member.set([0x1f, 0x8b, 8]);
        const next = REPORT_SIZE_BUCKETS_BYTES.find((size) => size >= length + OVERHEAD_BYTES);
        expect(gzipPaddedTo(member)?.length).toBe(next);
        expect(paddedLength(length)).toBe(REPORT_SIZE_BUCKETS_BYTES.find((size) => size >= length));
      }
    }
  });

  it("shows nothing but the bucket: bodies of different lengths come out as long as each other", () => {
    const lengths = [1, 10, 100, 400].map((n) => gzipPaddedTo(gzipSync("x".repeat(n)))?.length);
    expect(new Set(lengths)).toEqual(new Set([1024]));
  });

  it("refuses a member that already has optional fields, whose layout it does not know", () => {
    const named = Uint8Array.from(gzipSync("{}"));
    named[3] = 0x08;
    expect(gzipPaddedTo(named)).toBeUndefined();
    const padded = gzipPaddedTo(gzipSync("{}"));
    expect(padded && gzipPaddedTo(padded)).toBeUndefined();
  });

  it("refuses what is no gzip member at all", () => {
    expect(gzipPaddedTo(new Uint8Array())).toBeUndefined();
    expect(gzipPaddedTo(gzipSync("{}").subarray(0, 9))).toBeUndefined();
    expect(gzipPaddedTo(new Uint8Array(100))).toBeUndefined();
  });

  it("has no bucket above the largest", () => {
    expect(paddedLength(LARGEST)).toBe(LARGEST);
    expect(paddedLength(LARGEST + 1)).toBeUndefined();
  });
});

describe("the padded body that the protocol page shows", () => {
  const { given, derived } = example;

  it("comes of its member, and the MAC covers it as padded", () => {
    const body = gzipPaddedTo(fromHex(derived.member)) ?? new Uint8Array();
    const digest = transcriptDigest({
      ...given,
      token: token(fromHex(given.token)),
      contentEncoding: "gzip",
      body,
    });
    expect(gunzipSync(body).toString()).toBe(given.body);
    expect({
      member: derived.member,
      memberBytes: fromHex(derived.member).length,
      paddedBytes: body.length,
      paddedStart: toHex(body.subarray(0, 20)),
      paddedSha256: createHash("sha256").update(body).digest("hex"),
      transcriptDigest: toHex(digest),
      mac: toHex(reportMac(macKey(fromHex(given.macKey)), digest)),
    }).toEqual(derived);
  });
});
