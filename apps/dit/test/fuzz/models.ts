/** Naive models that the reference verdicts share: by definition, slow, and nothing of the product's. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 section 5 by its definition: the text as bits, six a character; what does not fill a byte must be fewer than six zeros. */
export function base64UrlBytes(text: string): Buffer | undefined {
  let bits = "";
  for (const character of text.split("")) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    bits += value.toString(2).padStart(6, "0");
  }
  const whole = bits.length - (bits.length % 8);
  const rest = bits.slice(whole);
  if (rest.length >= 6 || rest.includes("1")) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < whole; at += 8) bytes.push(Number.parseInt(bits.slice(at, at + 8), 2));
  return Buffer.from(bytes);
}

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** Exactly these keys, and as many. */
export function hasExactly(value: JsonObject, keys: readonly string[]): boolean {
  return Object.keys(value).sort().join() === [...keys].sort().join();
}

export function isIntegerWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && Math.floor(value) === value && value >= min && value <= max;
}

export function isTextWithin(value: unknown, min: number, max: number): value is string {
  return typeof value === "string" && value.length >= min && value.length <= max;
}

/** `[a-z]` first, then lower-case letters, digits and single `_` between them; at most 40. */
export function isName(value: unknown): value is string {
  if (!isTextWithin(value, 1, 40)) return false;
  const words = value.split("_");
  const isWord = (word: string) =>
    word !== "" && word.split("").every((each) => "abcdefghijklmnopqrstuvwxyz0123456789".includes(each));
  return words.every(isWord) && !"0123456789".includes(value[0] ?? "0");
}

export type Json = { readonly value: unknown } | undefined;

/** Undefined if it is not UTF-8 or not JSON. A byte order mark is `skipped` or is not JSON. */
export function jsonOf(bytes: Uint8Array, byteOrderMark: "skipped" | "refused"): Json {
  // Replacing what is not UTF-8 changes the bytes.
  const text = Buffer.from(bytes).toString("utf8");
  if (!Buffer.from(text).equals(bytes)) return undefined;
  try {
    const isMarked = byteOrderMark === "skipped" && text.startsWith("\ufeff");
    return { value: JSON.parse(isMarked ? text.slice(1) : text) as unknown };
  } catch {
    return undefined;
  }
}
