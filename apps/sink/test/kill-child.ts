/** A process that runs a sink on the engines in the directory of its first argument until it is killed, or until all is stored. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { useCaseSchema } from "@dit/protocol/schemas";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { createTestAcs, createTestSink, drained, openLogAndDocuments } from "./harness.ts";

const [path = "", maxEvents = ""] = process.argv.slice(2);
const document = useCaseSchema.parse(JSON.parse(await readFile(join(path, "use-case.json"), "utf8")));
const warehouse = await openChdbWarehouse({ path: join(path, "warehouse") });
const ports = { ...(await openLogAndDocuments(path)), warehouse };
const acs = await createTestAcs(document);
const { sink } = await createTestSink(ports, acs.directory, {
  settings: { batch: { maxEvents: Number(maxEvents), maxWaitMs: 20 } },
});
await sink.start();
process.stdout.write("started\n");
await drained(ports, 600_000);
await sink.stop();
for (const port of [ports.eventLog, ports.documents, ports.warehouse]) await port.close();
process.exit(0);
