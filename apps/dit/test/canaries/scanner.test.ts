import { createHash, randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeLz4 } from "./lz4.ts";
import { type Canary, createScanner } from "./scanner.ts";

const account = canary("account", Buffer.from("ada+7f3a@canary.example/x"));
const pseudonym = canary("pseudonym", Buffer.from("f0e1d2c3b4a5968778695a4b3c2d1e0f", "hex"));
const addresses = ["127.91.17.203", "127.4.233.89", "127.150.66.31"].map((text) =>
  canary("address", Buffer.from(text), Buffer.from(text.split(".").map(Number))),
);
const scanner = createScanner([account, pseudonym, ...addresses]);
const text = "ada+7f3a@canary.example/x";
const value = pseudonym.spellings[0] ?? Buffer.alloc(0);

function canary(kind: string, ...spellings: Buffer[]): Canary {
  return { kind, name: `${kind} ${spellings[0]?.toString("hex")}`, spellings };
}

function foundIn(bytes: Buffer | string): string[] {
  const around = Buffer.concat([Buffer.from("before "), Buffer.from(bytes), Buffer.from(" after")]);
  return [...new Set(scanner.scan({ place: "p", name: "a", bytes: around }).map(({ canary: name }) => name))];
}

describe("the scanner finds", () => {
  const packedIn = (container: Buffer) => Buffer.concat([Buffer.from("\0\0\0"), container]);
  it.each<[string, Buffer | string, Canary]>([
    ["text", text, account],
    ["hex", Buffer.from(text).toString("hex"), account],
    ["upper-case hex", Buffer.from(text).toString("hex").toUpperCase(), account],
    ["base64", Buffer.from(text).toString("base64"), account],
    ["base64 one byte into a group", Buffer.from(`x${text}y`).toString("base64"), account],
    ["base64url two bytes into a group", Buffer.from(`xy${text}z`).toString("base64url"), account],
    ["percent-encoding", encodeURIComponent(text), account],
    ["JSON with escaped slashes", text.replaceAll("/", "\\/"), account],
    ["UTF-16", Buffer.from(text, "utf16le"), account],
    ["another case", text.toUpperCase(), account],
    ["MD5 in hex", createHash("md5").update(text).digest("hex"), account],
    ["SHA-1 as bytes", createHash("sha1").update(text).digest(), account],
    ["SHA-256 cut to 16 bytes", createHash("sha256").update(text).digest().subarray(0, 16), account],
    ["SHA-512 in base64", createHash("sha512").update(text).digest("base64"), account],
    ["bytes", value, pseudonym],
    ["bytes in reverse", Buffer.from(value).reverse(), pseudonym],
    ["a UUID", "f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f", pseudonym],
    ["a UUID column", Buffer.from("8796a5b4c3d2e1f00f1e2d3c4b5a6978", "hex"), pseudonym],
    ["a decimal number", BigInt(`0x${value.toString("hex")}`).toString(), pseudonym],
    ["gzip", gzipSync(`{"a":"${text}"}`), account],
    ["gzip in gzip", gzipSync(packedIn(gzipSync(text))), account],
    ["gzip in base64", gzipSync(text).toString("base64"), account],
    ["gzip without its trailer", gzipSync(text.repeat(50)).subarray(0, -8), account],
  ])("%s", (_, bytes, { name }) => expect(foundIn(bytes)).toEqual([name]));

  it("a compressed block of a column's file", () => {
    const block = (method: number, packed: Buffer, plain: number) => {
      const header = Buffer.alloc(25);
      header[16] = method;
      header.writeUInt32LE(packed.length + 9, 17);
      header.writeUInt32LE(plain, 21);
      return Buffer.concat([header, packed]);
    };
    const plain = Buffer.from(text);
    // One token that announces 25 literals, and the literals.
    const lz4 = Buffer.concat([Buffer.of(0xf0, plain.length - 15), plain]);
    const file = Buffer.concat([
      block(0x02, Buffer.from("nothing"), 7),
      block(0x82, lz4, plain.length),
      block(0x90, zstdCompressSync(Buffer.from(value.toString("base64"))), 24),
    ]);
    const found = scanner.scan({ place: "p", name: "a", bytes: file }).map((hit) => hit.canary);
    expect(new Set(found)).toEqual(new Set([account.name, pseudonym.name]));
  });

  it("a name", () => {
    const hits = scanner.scan({ place: "p", name: `dir/${text}.bin`, bytes: Buffer.alloc(0) });
    expect(hits.map(({ kind }) => kind)).toContain("account");
  });

  it("an address as text, as a number and, where there are several, as four bytes", () => {
    const [first] = addresses;
    expect(foundIn("127.91.17.203")).toEqual([first?.name]);
    expect(foundIn(String(127 * 2 ** 24 + 91 * 2 ** 16 + 17 * 2 ** 8 + 203))).toEqual([first?.name]);
    const bytes = addresses.map(({ spellings }) => spellings[1] ?? Buffer.alloc(0));
    expect(foundIn(Buffer.concat(bytes))).toHaveLength(3);
    expect(foundIn(Buffer.concat(bytes.map((each) => Buffer.from(each).reverse())))).toHaveLength(3);
  });
});

it("the scanner finds nothing in chance", () => {
  expect(scanner.scan({ place: "p", name: "a", bytes: randomBytes(8_000_000) })).toEqual([]);
});

it("LZ4 matches that reach into themselves are followed", () => {
  // "ab", then eight bytes from two back, then "!".
  expect(decodeLz4(Buffer.from([0x24, 0x61, 0x62, 2, 0, 0x10, 0x21]), 11).toString()).toBe("ababababab!");
});
