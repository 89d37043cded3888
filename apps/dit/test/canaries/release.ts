import { reportIdOf } from "@dit/crypto-core";
import { parseCredentialHeader } from "@dit/protocol";
import type { Device } from "../support/device.ts";
import type { Kind } from "./places.ts";
import type { Canary } from "./scanner.ts";
import type { ClientSecrets, Said } from "./traffic.ts";

/** All that went in, as what to look for. */
export function canariesOf(o: {
  readonly devices: readonly Device[];
  readonly said: readonly Said[];
  readonly secrets: ClientSecrets;
}): Canary[] {
  const { devices, said, secrets } = o;
  return [
    ...devices.flatMap((device) => [
      canary("account", ...accountSpellings(device.account)),
      canary("address", Buffer.from(device.address), ipv4Bytes(device.address)),
      canary("claimedAddress", ...ipv6Spellings(device.claimedAddress)),
      canary("cookie", Buffer.from(device.cookie), Buffer.from(device.cookie, "hex")),
      canary("userAgent", Buffer.from(device.userAgent)),
      canary("deviceId", Buffer.from(device.deviceId)),
    ]),
    ...said.flatMap(({ account, claimedAddress, deviceId, userAgent }) => [
      canary("undeclared", ...accountSpellings(account)),
      canary("undeclared", ...ipv6Spellings(claimedAddress)),
      canary("undeclared", Buffer.from(deviceId)),
      canary("undeclared", Buffer.from(userAgent)),
    ]),
    ...unique(secrets.accessTokens).map((token) => canary("accessToken", Buffer.from(token))),
    ...unique(secrets.pseudonyms).map((text) => canary("pseudonym", Buffer.from(text, "base64url"))),
    ...secrets.macKeys.map((key) => canary("macKey", Buffer.from(key))),
    ...unique(secrets.credentials).flatMap(credentialCanaries),
  ];
}

function credentialCanaries(header: string): Canary[] {
  const parsed = parseCredentialHeader(header);
  if (parsed === undefined) return [];
  const { token, mac } = parsed;
  return [
    canary("token", Buffer.from(token)),
    canary("mac", Buffer.from(mac)),
    canary("reportId", Buffer.from(reportIdOf(token, mac))),
  ];
}

function canary(kind: Kind, ...spellings: Buffer[]): Canary {
  const [first = Buffer.alloc(0)] = spellings;
  const isText = first.every((byte) => byte >= 0x20 && byte < 0x7f);
  return { kind, name: isText ? first.toString() : first.toString("hex"), spellings };
}

/** A number may be kept as one. */
function accountSpellings(account: string): Buffer[] {
  if (!/^\d+$/.test(account)) return [Buffer.from(account)];
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(account));
  return [Buffer.from(account), number];
}

export function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

/** As text, as its 16 bytes, and the network that it tells by itself. */
function ipv6Spellings(address: string): Buffer[] {
  const bytes = ipv6Bytes(address);
  return [Buffer.from(address), bytes, bytes.subarray(0, 8)];
}

/** Of an address without `::`. */
export function ipv6Bytes(address: string): Buffer {
  return Buffer.from(
    address
      .split(":")
      .map((group) => group.padStart(4, "0"))
      .join(""),
    "hex",
  );
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
