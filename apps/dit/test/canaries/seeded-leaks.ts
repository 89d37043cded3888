import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { reportIdOf, toHex } from "@dit/crypto-core";
import { type CredentialHeader, parseCredentialHeader } from "@dit/protocol";
import { createHttpApp, createLogger, createMetrics, ProblemError } from "@dit/service-kit";
import { inColumns, type Json } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import type { Device } from "../support/device.ts";
import { artefact } from "./collect.ts";
import type { Kind, Place } from "./places.ts";
import { ipv4Bytes, ipv6Bytes } from "./release.ts";
import type { Artefact } from "./scanner.ts";
import type { ClientSecrets, Said } from "./traffic.ts";

/** A fault that would break a promise: which canary then lies where. */
export interface Leak {
  readonly what: string;
  readonly kind: Kind;
  /** The canary's. */
  readonly name: string;
  readonly place: Place;
}

interface Leaked {
  readonly leaks: readonly Leak[];
  /** What is not found among the data directory's files and documents. */
  readonly artefacts: readonly Artefact[];
}

interface Material {
  /** Of a stopped pipeline. */
  readonly directory: string;
  readonly devices: readonly Device[];
  readonly said: readonly Said[];
  readonly secrets: ClientSecrets;
}

const FAR_FUTURE_SECONDS = 4_000_000_000;

/** Does what a careless change would do, through the stores, logger, metrics and HTTP app that the services use. */
export async function plantLeaks(material: Material): Promise<Leaked> {
  const planted = [
    onTheWire(material),
    ...(await Promise.all([
      inWhatIsSaid(material),
      inDocuments(material),
      inEventLog(material),
      inCounters(material),
      inWarehouse(material),
      inFiles(material),
    ])),
  ];
  return {
    leaks: planted.flatMap(({ leaks }) => leaks),
    artefacts: planted.flatMap(({ artefacts }) => artefacts),
  };
}

function onTheWire({ devices, secrets }: Material): Leaked {
  const { address, cookie } = at(devices, 0);
  const accessToken = at(secrets.accessTokens, 0);
  const forwarded = `POST /v1/use-cases/canary_app/reports HTTP/1.1\r\nx-forwarded-for: ${address}\r\n\r\n`;
  const zipped = gzipSync(JSON.stringify({ sid: cookie }));
  return {
    leaks: [
      leak("a header that the edge lets through", "address", address, "ingest ingress"),
      leak("a cookie in a compressed body", "cookie", cookie, "ingest ingress"),
      leak("an account's token on the way to ACS", "accessToken", accessToken, "redeeming ingress"),
    ],
    artefacts: [
      artefact("ingest ingress", "request", Buffer.concat([Buffer.from(forwarded), zipped])),
      artefact("redeeming ingress", "call", Buffer.from(`authorization: Bearer ${accessToken}`)),
    ],
  };
}

/** Logs, metrics, refusals: each through the code that is to keep them clean. */
async function inWhatIsSaid({ devices, secrets }: Material): Promise<Leaked> {
  const [logged, labelled, refused] = [at(devices, 1), at(devices, 2), at(devices, 3)];
  const lines: string[] = [];
  const logger = createLogger({ service: "edge", write: (line) => lines.push(line) });
  // Of the shape of a name, it passes the table of fields.
  logger.error("request.failed", { reason: logged.deviceId });
  const credential = credentialAt(secrets, 0);
  lines.push(`stored ${toHex(reportIdOf(credential.token, credential.mac))}`);

  const metrics = createMetrics("edge");
  const requests = metrics.counter("leaks_total", "Leaks", ["route"]);
  requests.inc({ route: `/v1/devices/${labelled.userAgent}` });
  requests.inc({ route: createHash("sha1").update(labelled.address).digest("hex") });

  const app = createHttpApp({ service: "edge", logger, metrics: createMetrics("leaking") });
  app.get("/", () => {
    throw new ProblemError("report_invalid", { problems: [`no such account: ${refused.account}`] });
  });
  const answer = await app.request("/");
  return {
    leaks: [
      leak("a device id as a reason in a log line", "deviceId", logged.deviceId, "logs"),
      leak(
        "a report id in a log line",
        "reportId",
        toHex(reportIdOf(credential.token, credential.mac)),
        "logs",
      ),
      leak("a user agent in a metric's label", "userAgent", labelled.userAgent, "metrics"),
      leak("the SHA-1 of an address in a metric's label", "address", labelled.address, "metrics"),
      leak("an account in an error's text", "account", refused.account, "answers"),
    ],
    artefacts: [
      artefact("logs", "log", Buffer.from(lines.join("\n"))),
      artefact("metrics", "metrics", Buffer.from(await metrics.text())),
      artefact("answers", "answer", Buffer.from(await answer.text())),
    ],
  };
}

async function inDocuments({ directory, devices, secrets }: Material): Promise<Leaked> {
  const { account } = at(devices, 4);
  const pseudonym = Buffer.from(at(secrets.pseudonyms, 0), "base64url");
  const macKey = Buffer.from(at(secrets.macKeys, 0));
  const documents = await openLmdbDocuments({ path: join(directory, "documents") });
  const value: Json = {
    account: createHash("sha256").update(account).digest("base64"),
    key: macKey.toString("base64url"),
  };
  const detail = { from: pseudonym.toString("hex").toUpperCase() };
  await documents.commit({
    changes: [{ collection: "leaks", key: "leak", expectedVersion: 0, value }],
    audit: [{ atSeconds: 0, actor: "leak", action: "leak.made", subject: "leak", detail }],
  });
  await documents.close();
  return {
    leaks: [
      leak("the SHA-256 of an account in a sealed document", "account", account, "documents"),
      leak("a MAC key in a sealed document", "macKey", macKey.toString("hex"), "documents"),
      leak("a pseudonym in the audit", "pseudonym", pseudonym.toString("hex"), "documents"),
    ],
    artefacts: [],
  };
}

async function inEventLog({ directory, said, secrets }: Material): Promise<Leaked> {
  const [first, second] = [credentialAt(secrets, 1), credentialAt(secrets, 2)];
  const undeclared = at(said, 0).deviceId;
  const log = await openLmdbEventLog({ path: join(directory, "event-log") });
  const record = (value: string) => ({ key: Buffer.from("leak"), value: Buffer.from(value) });
  await log.append("dead-letters", [
    record(JSON.stringify({ token: Buffer.from(first.token).toString("hex") })),
  ]);
  const credential = Buffer.concat([Buffer.of(1), second.mac, Buffer.of(2)]).toString("base64");
  await log.append("reports", [record(JSON.stringify({ credential })), record(undeclared)]);
  await log.close();
  return {
    leaks: [
      leak("a token in the dead letters", "token", toHex(first.token), "event log"),
      leak("a MAC within other bytes in base64", "mac", toHex(second.mac), "event log"),
      leak("an undeclared field in the event log", "undeclared", undeclared, "event log"),
    ],
    artefacts: [],
  };
}

async function inCounters({ directory, devices, secrets }: Material): Promise<Leaked> {
  const { claimedAddress } = at(devices, 5);
  const { token } = credentialAt(secrets, 3);
  const counters = await openLmdbCounters({ path: join(directory, "counters") });
  const once = { limit: 1, expiresAtSeconds: FAR_FUTURE_SECONDS };
  await counters.take({ ...once, key: ipv6Bytes(claimedAddress), amount: 1 });
  await counters.use([{ ...once, key: token.slice(0, 16), member: new Uint8Array(8) }]);
  await counters.close();
  return {
    leaks: [
      leak("an IPv6 address as the name of a counter", "claimedAddress", claimedAddress, "counters"),
      leak("the beginning of a token as the name of a counter", "token", toHex(token), "counters"),
    ],
    artefacts: [],
  };
}

async function inWarehouse({ directory, devices, secrets }: Material): Promise<Leaked> {
  const [numbered, described, packed] = [at(devices, 6), at(devices, 7), at(devices, 8)];
  const [exported, stored] = [1, 2].map((index) => Buffer.from(at(secrets.pseudonyms, index), "base64url"));
  if (exported === undefined || stored === undefined) throw new Error("no pseudonyms");
  const warehouse = await openChdbWarehouse({ path: join(directory, "warehouse") });
  await warehouse.command(
    `CREATE TABLE dit.leaks (pseudonym UUID, address UInt32 COMMENT '${described.userAgent}', cookie String)
     ENGINE = MergeTree ORDER BY tuple()`,
  );
  const insert = (row: object, times: number) =>
    warehouse.insert({
      table: "dit.leaks",
      ...inColumns(Array.from({ length: times }, () => row)),
      deduplicationToken: JSON.stringify(row),
    });
  await insert(
    { pseudonym: uuidOf(exported), address: ipv4Bytes(numbered.address).readUInt32BE(), cookie: "" },
    1,
  );
  const text = await warehouse.query("SELECT * FROM dit.leaks");
  // These are not exported: the engine's files alone have them, compressed.
  await insert({ pseudonym: uuidOf(stored), address: 0, cookie: packed.cookie }, 200);
  await warehouse.close();
  return {
    leaks: [
      leak("an IPv4 address as a number in a column", "address", numbered.address, "warehouse"),
      leak("a pseudonym in a column", "pseudonym", exported.toString("hex"), "warehouse"),
      leak("a pseudonym in a file of the engine", "pseudonym", stored.toString("hex"), "warehouse"),
      leak("a cookie in a compressed column", "cookie", packed.cookie, "warehouse"),
      leak("a user agent in a column's comment", "userAgent", described.userAgent, "warehouse"),
    ],
    artefacts: [artefact("warehouse", "dit.leaks", Buffer.from(JSON.stringify(text)))],
  };
}

async function inFiles({ directory, devices }: Material): Promise<Leaked> {
  const [named, zipped] = [at(devices, 9), at(devices, 10)];
  const binary = devices.slice(0, 4).map(({ address }) => ipv4Bytes(address));
  await writeFile(join(directory, Buffer.from(named.account).toString("hex")), "");
  await writeFile(join(directory, "backup.gz"), gzipSync(`{"device":"${zipped.deviceId}"}`));
  await writeFile(join(directory, "addresses"), Buffer.concat(binary));
  return {
    leaks: [
      leak("an account in a file's name", "account", named.account, "other files"),
      leak("a device id in a compressed file", "deviceId", zipped.deviceId, "other files"),
      leak("IPv4 addresses as four bytes each", "address", at(devices, 0).address, "other files"),
    ],
    artefacts: [],
  };
}

function leak(what: string, kind: Kind, name: string, place: Place): Leak {
  return { what, kind, name, place };
}

function credentialAt({ credentials }: ClientSecrets, index: number): CredentialHeader {
  const parsed = credentials.map(parseCredentialHeader).filter((each) => each !== undefined);
  return at(parsed, index);
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is no ${index} in a list of ${list.length}`);
  return found;
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
