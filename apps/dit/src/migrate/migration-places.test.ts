import { expect, it } from "vitest";
import { loadMigrationPlaces } from "./migration-places.ts";

const kafka = "kafka://b1";
const postgres = (user: string) => `postgres://${user}:hunter2@h/d`;

it("reads the services' variables, those of ACS and ingest first, and nothing else of theirs", () => {
  const env = {
    DIT_ACS_DOCUMENTS_URL: postgres("owner"),
    DIT_ACS_LISTEN_PORT: "7",
    DIT_SINK_DOCUMENTS_URL: postgres("sink"),
    DIT_SINK_EVENT_LOG_URL: kafka,
  };
  expect(loadMigrationPlaces(env)).toEqual({
    documents: postgres("owner"),
    eventLog: kafka,
    warehouse: undefined,
  });
});

it("refuses URLs that are wrong, and to migrate nothing", () => {
  const problemsOf = (env: Record<string, string>) => {
    try {
      loadMigrationPlaces(env);
    } catch (error) {
      return (error as { problems?: readonly string[] }).problems;
    }
    return undefined;
  };
  expect(problemsOf({})).toEqual([expect.stringContaining("none is set")]);
  expect(
    problemsOf({ DIT_SINK_WAREHOUSE_URL: "http://u:hunter2@h/x", DIT_INGEST_EVENT_LOG_URL: "b1" }),
  ).toEqual([
    "DIT_INGEST_EVENT_LOG_URL: must be a URL that begins with kafka:// or kafka+tls://, and hold no #",
    "DIT_SINK_WAREHOUSE_URL: has no path: the database is dit",
  ]);
});
