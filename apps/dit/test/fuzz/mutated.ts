import fc from "fast-check";

/** Bytes that parsers have stumbled over, to be put in somewhere. */
const DICTIONARY: readonly Buffer[] = [
  ...[
    "",
    "\0",
    "\r\n",
    "\n",
    " ",
    "\t",
    '"',
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[",
    ",",
    ":",
    ".",
  ],
  ...[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1e999",
    "1e-999",
    "9007199254740993",
    "0.1",
    "01",
    "+1",
    "NaN",
  ],
  ...[
    '"__proto__":{},',
    '"constructor":1,',
    '"toString":0,',
    "{}",
    "[]",
    '""',
    "A",
    "_",
    "-",
    "=",
    "+",
    "/",
    "v1",
    "v2",
  ],
  ...["\u00e9", "\u212a", "\u{1f600}", "\ufeff", "\u2028", "x".repeat(300)],
].map((text) => Buffer.from(text));

const BAD_UTF8: readonly Buffer[] = [
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
].map((bytes) => Buffer.from(bytes));
const TOKENS = [...DICTIONARY, ...BAD_UTF8];

interface Edit {
  readonly kind: number;
  readonly at: number;
  readonly with: number;
}

type Operation = (bytes: Buffer, at: number, value: number, other: Buffer) => Buffer;

const splice = (bytes: Buffer, from: number, to: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(to)]);

const OPERATIONS: readonly Operation[] = [
  /** Flips one bit. */
  (bytes, at, value) => splice(bytes, at, at + 1, Buffer.of((bytes[at] ?? 0) ^ (1 << (value % 8)))),
  /** Sets one byte. */
  (bytes, at, value) => splice(bytes, at, at + 1, Buffer.of(value & 0xff)),
  /** Inserts one byte. */
  (bytes, at, value) => splice(bytes, at, at, Buffer.of(value & 0xff)),
  /** Leaves out a few bytes. */
  (bytes, at, value) => splice(bytes, at, at + 1 + (value % 16), Buffer.alloc(0)),
  /** Cuts the rest off. */
  (bytes, at) => bytes.subarray(0, at),
  /** Writes a piece twice. */
  (bytes, at, value) => splice(bytes, at, at, bytes.subarray(at, at + 1 + (value % 64))),
  /** Exchanges two neighbours. */
  (bytes, at) => splice(bytes, at, at + 2, Buffer.from(bytes.subarray(at, at + 2)).reverse()),
  /** Puts a token in. */
  (bytes, at, value) => splice(bytes, at, at, TOKENS[value % TOKENS.length] ?? Buffer.alloc(0)),
  /** Puts a token in a value's place: up to the next delimiter of JSON. */
  (bytes, at, value) => {
    const rest = bytes.subarray(at).findIndex((byte) => byte === 0x2c || byte === 0x7d || byte === 0x5d);
    return splice(bytes, at, at + Math.max(0, rest), TOKENS[value % TOKENS.length] ?? Buffer.alloc(0));
  },
  /** Goes on as another sample does. */
  (bytes, at, value, other) =>
    Buffer.concat([bytes.subarray(0, at), other.subarray(value % (other.length + 1))]),
];

const edit: fc.Arbitrary<Edit> = fc
  .tuple(fc.nat(OPERATIONS.length - 1), fc.nat(0xffff), fc.nat(0xffff))
  .map(([kind, at, value]) => ({ kind, at, with: value }));

/** A sample of the corpus with up to `maxEdits` edits of its bytes, about a fifth of them without any. */
export function mutated(corpus: readonly Uint8Array[], maxEdits = 4): fc.Arbitrary<Buffer> {
  const sample = (index: number) => Buffer.from(corpus[index % corpus.length] ?? []);
  return fc
    .tuple(fc.nat(corpus.length - 1), fc.nat(corpus.length - 1), fc.array(edit, { maxLength: maxEdits }))
    .map(([index, otherIndex, edits]) =>
      edits.reduce<Buffer>(
        (bytes, each) =>
          OPERATIONS[each.kind]?.(bytes, each.at % (bytes.length + 1), each.with, sample(otherIndex)) ??
          bytes,
        sample(index),
      ),
    );
}
