import { formatCredentialHeader, parseCredentialHeader } from "@dit/protocol";
import fc from "fast-check";
import { type FuzzTarget, REFUSED } from "../fuzz.ts";
import { base64UrlBytes } from "../models.ts";
import { mutated } from "../mutated.ts";

const TOKEN = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const MAC = "vt_Po-whpE8L2bpOT7SD2_gGkdpi1GPjHMtrm6VdcgE";

/** Genuine ones, and ones that are almost: leading zeros, padding, other alphabets, set bits behind the last byte, longer numbers. */
const CORPUS = [
  `v1.1.20000.${TOKEN}.${MAC}`,
  `v1.999999999.999999999999.${"A".repeat(43)}.${"_".repeat(42)}8`,
  `v1.1.0.${TOKEN}.${MAC}`,
  `v1.01.20000.${TOKEN}.${MAC}`,
  `v1.0.20000.${TOKEN}.${MAC}`,
  `v1.1.020000.${TOKEN}.${MAC}`,
  `v1.1000000000.20000.${TOKEN}.${MAC}`,
  `v1.1.1000000000000.${TOKEN}.${MAC}`,
  `v1.1.20000.${TOKEN}=.${MAC}=`,
  `v1.1.20000.${TOKEN.slice(0, -1)}9.${MAC}`,
  `v1.1.20000.${TOKEN.slice(0, -1)}.${MAC}`,
  `v1.1.20000.${TOKEN.replaceAll("L", "+")}.${MAC.replaceAll("_", "/")}`,
  `v1.1.20000.${TOKEN}.${MAC}\n`,
  `v1.1.20000.${TOKEN}.${MAC}, v1.1.20000.${TOKEN}.${MAC}`,
  `V1.1.20000.${TOKEN}.${MAC}`,
  `v1.1.2e4.${TOKEN}.${MAC}`,
  "",
].map((text) => Buffer.from(text));

const number = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom(
    "0",
    "00",
    "1",
    "01",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "",
    " 1",
    "\u0661",
    "999999999",
    "1000000000",
  ),
);
const bytesText = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  fc.uint8Array({ maxLength: 48 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  fc.string({ unit: "binary", maxLength: 44 }),
);
const assembled = fc
  .tuple(fc.constantFrom("v1", "v1", "v1", "v2", "V1", ""), number, number, bytesText, bytesText)
  .map((parts) => parts.join("."));

export const credentialHeader: FuzzTarget<string> = {
  name: "the credential header",
  inputs: fc.oneof(
    { weight: 3, arbitrary: mutated(CORPUS).map((bytes) => bytes.toString("latin1")) },
    { weight: 1, arbitrary: mutated(CORPUS).map((bytes) => bytes.toString("utf8")) },
    { weight: 2, arbitrary: assembled },
  ),
  product(text) {
    const parsed = parseCredentialHeader(text);
    if (parsed === undefined) return REFUSED;
    const { keyVersion, epoch, token, mac } = parsed;
    // One spelling only: what was read is written as it was.
    const written = formatCredentialHeader(parsed);
    return verdict(written, keyVersion, epoch, token, mac);
  },
  reference(text) {
    const [label, keyVersion = "", epoch = "", tokenText = "", macText = "", ...more] = text.split(".");
    const token = base64UrlBytes(tokenText);
    const mac = base64UrlBytes(macText);
    if (label !== "v1" || more.length > 0) return REFUSED;
    if (!isDecimal(keyVersion, 9) || keyVersion === "0" || !isDecimal(epoch, 12)) return REFUSED;
    if (token?.length !== 32 || mac?.length !== 32) return REFUSED;
    return verdict(text, Number(keyVersion), Number(epoch), token, mac);
  },
};

function verdict(
  text: string,
  keyVersion: number,
  epoch: number,
  token: Uint8Array,
  mac: Uint8Array,
): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  return [text, keyVersion, epoch, hex(token), hex(mac)].join(" ");
}

function isDecimal(text: string, maxDigits: number): boolean {
  if (text.length < 1 || text.length > maxDigits) return false;
  if (text.length > 1 && text[0] === "0") return false;
  return text.split("").every((digit) => "0123456789".includes(digit));
}
