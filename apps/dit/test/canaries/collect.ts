import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import type { Pipeline } from "../../src/pipeline/pipeline.ts";
import { readRecords } from "../support/read-records.ts";
import type { SocketTap } from "../support/socket-tap.ts";
import type { Place } from "./places.ts";
import type { Artefact } from "./scanner.ts";

const MAX_ROWS = 300_000;
/** Made up while they are read, without an end or at length, whatever was stored. */
const GENERATED = ["numbers", "numbers_mt", "zeros", "zeros_mt", "primes", "unicode", "models"];

/** Every table of the engine, its own included. `path`: of the warehouse that this process has open. */
export async function exportWarehouse(path: string): Promise<Artefact[]> {
  const warehouse = await openChdbWarehouse({ path });
  try {
    const tables = await warehouse.query<{ database: string; name: string }>(
      "SELECT database, name FROM system.tables",
    );
    const artefacts: Artefact[] = [];
    for (const { database, name } of tables) {
      if (database === "system" && GENERATED.includes(name)) continue;
      const rows = await warehouse
        .query(`SELECT * FROM \`${database}\`.\`${name}\` LIMIT ${MAX_ROWS}`)
        .catch((error: unknown) => {
          // An engine's table that cannot be read holds nothing for anybody; what the sink made can always be read.
          if (database === "dit") throw error;
          return [];
        });
      artefacts.push(artefact("warehouse", `${database}.${name}`, Buffer.from(JSON.stringify(rows))));
    }
    return artefacts;
  } finally {
    await warehouse.close();
  }
}

/** What each service says of itself to its operator. */
export async function readAdminPorts(addresses: Pipeline["addresses"]): Promise<Artefact[]> {
  const urls = Object.entries(addresses).filter(([name]) => name.endsWith("AdminUrl"));
  const paths = ["/metrics", "/healthz", "/readyz", "/version"];
  return Promise.all(
    urls.flatMap(([name, url]) =>
      paths.map(async (path) => {
        const response = await fetch(url + path);
        if (!response.ok) throw new Error(`${name}${path} answered ${response.status}`);
        return artefact("metrics", name + path, Buffer.from(await response.arrayBuffer()));
      }),
    ),
  );
}

const PLACE_OF_FOLDER: Readonly<Record<string, Place>> = {
  "event-log": "event log",
  documents: "documents",
  counters: "counters",
  warehouse: "warehouse",
};

/** Every file of a data directory, byte for byte. */
export async function readFiles(directory: string): Promise<Artefact[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const name = path.slice(directory.length + 1);
        const place = PLACE_OF_FOLDER[name.split("/", 1)[0] ?? ""] ?? "other files";
        return artefact(place, name, await readFile(path));
      }),
  );
}

/** Documents rest sealed: what is in them is looked for once they are opened. Their collections stand in the file in clear. */
export async function openDocuments(directory: string): Promise<Artefact[]> {
  const path = join(directory, "documents");
  const file = (await readFile(join(path, "data.mdb"))).toString("latin1");
  const collections = new Set([...file.matchAll(/([a-z][a-z-]{2,40})\0/g)].map(([, name = ""]) => name));
  const documents = await openLmdbDocuments({ path });
  try {
    const listed = await Promise.all(
      [...collections].map(async (collection) => [collection, await documents.list(collection)] as const),
    );
    const audit = await documents.readAudit(0, 100_000);
    return [
      ...listed
        .filter(([, entries]) => entries.length > 0)
        .map(([collection, entries]) =>
          artefact("documents", `documents of ${collection}`, Buffer.from(JSON.stringify(entries))),
        ),
      artefact("documents", "audit", Buffer.from(JSON.stringify(audit))),
    ];
  } finally {
    await documents.close();
  }
}

/** Every record of every topic. The topics' names stand in the file in clear, each before its id. */
export async function openEventLog(directory: string): Promise<Artefact[]> {
  const path = join(directory, "event-log");
  const file = (await readFile(join(path, "data.mdb"))).toString("latin1");
  const topics = new Set([...file.matchAll(/([a-z][a-z-]{2,40})\{"id":"/g)].map(([, name = ""]) => name));
  const log = await openLmdbEventLog({ path });
  try {
    return await Promise.all(
      [...topics].map(async (topic) =>
        artefact("event log", `records of ${topic}`, await readRecords(log, topic)),
      ),
    );
  } finally {
    await log.close();
  }
}

/** The bytes of the services' sockets; a port that is none of the public ones is ingest's. */
export function readSockets(
  { connections, dialled }: Pick<SocketTap, "connections" | "dialled">,
  { edgeUrl, acsUrl, ...others }: Pipeline["addresses"],
): Artefact[] {
  const edgePort = portOf(edgeUrl);
  const ignored = new Set(Object.values(others).map(portOf));
  const places = new Map<number, Place>([
    [edgePort, "edge ingress"],
    [portOf(acsUrl), "issuing ingress"],
  ]);
  const here = connections().filter(({ localPort }) => !ignored.has(localPort));
  // An edge in another process has no socket here but those of its clients.
  const elsewhere = here.some(({ localPort }) => localPort === edgePort)
    ? []
    : dialled().filter(({ remotePort }) => remotePort === edgePort);
  return [
    ...here.flatMap(({ localPort, remoteAddress, received, sent }, index) =>
      exchanged(
        places.get(localPort) ?? "ingest ingress",
        `connection ${index}`,
        remoteAddress,
        received,
        sent,
      ),
    ),
    ...elsewhere.flatMap(({ localAddress, received, sent }, index) =>
      exchanged("edge ingress", `client's connection ${index}`, localAddress, sent, received),
    ),
  ];
}

function exchanged(
  place: Place,
  name: string,
  clientAddress: string,
  asked: Buffer,
  answered: Buffer,
): Artefact[] {
  return [
    artefact(place, name, Buffer.concat([Buffer.from(`from ${clientAddress}\n`), asked])),
    artefact("answers", `answers on ${name}`, answered),
  ];
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

export function artefact(place: Place, name: string, bytes: Buffer): Artefact {
  return { place, name, bytes };
}
