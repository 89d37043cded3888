import type { Command } from "../command.ts";
import { migrate } from "../migrate/migrate.ts";
import { loadMigrationPlaces } from "../migrate/migration-places.ts";
import { parseOptions, positiveInteger, refusePositionals } from "../parse-options.ts";

const HOUR_MS = 3_600_000;

export const migrateCommand: Command = {
  usage: "dit migrate [--partitions 6] [--replication 1] [--retention-hours 168]",
  summary:
    "make what the services share on server engines: topics, schema, tables; from the services' own *_URL variables. May be repeated, and run twice at once",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      partitions: { type: "string", default: "6" },
      replication: { type: "string", default: "1" },
      "retention-hours": { type: "string", default: "168" },
    });
    refusePositionals(positionals);
    const settings = {
      partitions: positiveInteger("partitions", values.partitions),
      replication: positiveInteger("replication", values.replication),
      retentionMs: positiveInteger("retention-hours", values["retention-hours"]) * HOUR_MS,
    };
    for await (const { what, isNew } of migrate(loadMigrationPlaces(io.env), settings)) {
      io.out(`${isNew ? "made     " : "was there"}  ${what}`);
    }
    return 0;
  },
};
