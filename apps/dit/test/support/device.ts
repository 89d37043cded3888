import { request } from "node:http";
import { createSeededFraction } from "./seeded-random.ts";

type Random = () => number;

/** A device and whoever holds it: all that could tell who sends a report, each value found nowhere else. */
export interface Device {
  readonly account: string;
  readonly address: string;
  /** In no network that exists here: a proxy might name it in a header. */
  readonly claimedAddress: string;
  readonly cookie: string;
  readonly userAgent: string;
  readonly deviceId: string;
}

export function createDevices(seed: string, count: number): Device[] {
  const random = createSeededFraction(seed);
  return Array.from({ length: count }, (_, index) => createDevice(random, index));
}

const ACCOUNTS = [
  (random: Random) => `ada.${hex(random, 8)}+app@canary.example`,
  (random: Random) => `49${digits(random, 15)}`,
  (random: Random) => `user/${hex(random, 16)}`,
];

function createDevice(random: Random, index: number): Device {
  const groups = Array.from({ length: 6 }, () => `${1 + Math.floor(random() * 9)}${hex(random, 3)}`);
  return {
    account: (ACCOUNTS[index % ACCOUNTS.length] ?? (() => ""))(random),
    address: `127.${[1, 2, 3].map(() => 2 + Math.floor(random() * 250)).join(".")}`,
    claimedAddress: `2001:db8:${groups.join(":")}`,
    cookie: hex(random, 32),
    userAgent: `CanaryApp/4.2 (Phone ${hex(random, 6)}; Build/${hex(random, 12)})`,
    // Of the shape that passes for a name, so that nothing but its content gives it away.
    deviceId: `d${hex(random, 31)}`,
  };
}

export type Sent = { readonly status: number; readonly headers: string; readonly body: string };

/** One request from the device's own address, on a connection of its own. */
export function sendFrom(
  { address }: Pick<Device, "address">,
  url: string,
  init: {
    readonly method: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Uint8Array | string;
  },
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: init.method,
      headers: { connection: "close", ...init.headers },
      localAddress: address,
      agent: false,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const headers = incoming.rawHeaders.join("\n");
        resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.end(init.body);
  });
}

/** What a device's HTTP stack, and every proxy on the way, may add to a request. */
export function revealingHeaders(device: Device): Record<string, string> {
  const { account, address, claimedAddress, cookie, userAgent, deviceId } = device;
  return {
    "user-agent": userAgent,
    cookie: `sid=${cookie}`,
    "x-device-id": deviceId,
    "x-account": account,
    "x-forwarded-for": `${address}, ${claimedAddress}`,
    forwarded: `for="[${claimedAddress}]";by=${address}`,
    "x-real-ip": address,
    "cf-connecting-ip": claimedAddress,
    "true-client-ip": address,
    via: `1.1 ${deviceId}`,
    "sec-ch-ua-model": `"${userAgent}"`,
    traceparent: `00-${cookie}-${cookie.slice(0, 16)}-01`,
    referer: `https://app.example/?account=${encodeURIComponent(account)}`,
  };
}

function hex(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
}

function digits(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 10)).join("");
}
