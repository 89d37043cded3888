import type { Warehouse } from "@dit/storage";
import type { ComposedServices } from "../support/composed-services.ts";
import { readRecords } from "../support/read-records.ts";
import type { TappedConnection } from "../support/socket-tap.ts";

/** Everything there is behind the edge after a workload, by what it is. */
export type Observation = Readonly<Record<string, string>>;

/** Of the same length and from the same start: nothing here depends on how fast the machine was. */
export async function observe(
  services: ComposedServices,
  warehouse: Warehouse,
  connections: readonly TappedConnection[],
): Promise<Observation> {
  const { metrics, logs } = services;
  const received = connections.filter(({ localPort }) => localPort === services.ingestPort);
  return {
    "requests of ingest": Buffer.concat(received.map((each) => each.received)).toString("latin1"),
    "answers of ingest": Buffer.concat(received.map((each) => each.sent))
      .toString("latin1")
      .replaceAll(/^date: .*$/gim, ""),
    "requests of ACS to redeem and confirm": services.redemptions.join("\n"),
    "event log": (await readRecords(services.eventLog)).toString("latin1"),
    ...(await readTables(warehouse)),
    "log of ingest": logs.ingest.join("\n"),
    "log of the sink": logs.sink.join("\n"),
    "log of ACS": logs.acs.filter((line) => !line.includes('"service.')).join("\n"),
    "metrics of ingest": withoutTimes(await metrics.ingest.text()),
    "metrics of the sink": withoutTimes(await metrics.sink.text()),
    "metrics of ACS": withoutTimes(await metrics.acs.text()),
  };
}

/** The parts in which they are not the same, byte for byte. */
export function differences(one: Observation, other: Observation): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => one[name] !== other[name]);
}

/** How long something took is measured in real time. */
function withoutTimes(metrics: string): string {
  return metrics
    .split("\n")
    .filter((line) => !/_seconds_(bucket|sum)/.test(line))
    .join("\n");
}

/** In the order in which the rows lie, which might tell something too. */
async function readTables(warehouse: Warehouse): Promise<Observation> {
  const tables = await warehouse.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'dit' ORDER BY name",
  );
  const contents: Record<string, string> = {};
  for (const { name } of tables) {
    const rows = await warehouse.query(`SELECT _part, * FROM dit.\`${name}\` ORDER BY _part, _part_offset`);
    contents[`table ${name}`] = rows.map((row) => JSON.stringify(row)).join("\n");
  }
  return contents;
}
