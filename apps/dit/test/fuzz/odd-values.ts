import fc from "fast-check";

/** Values at the edges of what JSON can say. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1,
  2,
  0.5,
  11,
  59,
  60,
  61,
  64,
  255,
  256,
  257,
  10_000,
  86_400,
  86_401,
  604_800,
  604_801,
  7_776_001,
  1e21,
  -1e21,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  "",
  " ",
  "a",
  "A",
  "a_",
  "a__b",
  "_a",
  "1a",
  "at",
  "pid",
  "__proto__",
  "constructor",
  "\u0000",
  "\ud800",
  "\u{1f600}",
  "de-DE",
  "home",
  "x".repeat(40),
  "x".repeat(41),
  "x".repeat(256),
  "x".repeat(257),
  "x".repeat(501),
  [],
  [1],
  ["a", "a"],
  ["a", "b"],
  {},
  { a: 1 },
];

const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.nat(ODD_VALUES.length - 1).map((index) => ODD_VALUES[index]) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

const ODD_KEYS = [
  "a",
  "a_b",
  "A",
  "",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "at",
  "batch",
  "x".repeat(41),
];

type Place = { readonly holder: Record<string, unknown>; readonly key: string };

/** Every place of a JSON value that can be changed. An array's keys are its indices. */
function placesOf(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])]);
}

interface Change {
  readonly kind: number;
  readonly at: number;
  readonly value: unknown;
}

const change: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(6), fc.nat(0xffff), oddValue)
  .map(([kind, at, value]) => ({ kind, at, value }));

/** JSON texts of a sample with up to `maxChanges` values replaced, left out, added, repeated or renamed. */
export function withOddValues(samples: readonly unknown[], maxChanges = 2): fc.Arbitrary<string> {
  const texts = samples.map((sample) => JSON.stringify(sample));
  return fc
    .tuple(fc.nat(samples.length - 1), fc.array(change, { maxLength: maxChanges }))
    .map(([index, changes]) => {
      const root = { value: JSON.parse(texts[index] ?? "") as unknown };
      for (const each of changes) apply(root, each);
      return JSON.stringify(root.value) ?? "";
    });
}

function apply(root: object, { kind, at, value }: Change): void {
  const places = placesOf(root);
  const place = places[at % places.length];
  if (place === undefined) return;
  const { holder, key } = place;
  const name = ODD_KEYS[at % ODD_KEYS.length] ?? "a";
  if (kind <= 2) put(holder, key, value);
  else if (kind === 3 && holder !== root) delete holder[key];
  else if (kind === 4) put(holder[key], name, value);
  else if (kind === 5 && holder !== root) rename(holder, key, name);
  else if (Array.isArray(holder[key])) holder[key].push(...holder[key]);
}

/** Own, whatever its name: an assignment to `__proto__` would change the object's kind instead. */
function put(holder: unknown, key: string, value: unknown): void {
  if (typeof holder !== "object" || holder === null) return;
  // A copy: later changes would reach the list of odd values, or the value be put into itself.
  Object.defineProperty(holder, key, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function rename(holder: Record<string, unknown>, from: string, to: string): void {
  const value = holder[from];
  delete holder[from];
  put(holder, to, value);
}
