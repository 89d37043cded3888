import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, createMetrics, utcDay } from "@dit/service-kit";
import { openChdbWarehouse, openReadOnlyChdb } from "@dit/storage/warehouse/chdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWarehouseEndpointApp } from "../../src/warehouse-endpoint/warehouse-endpoint-app.ts";
import { type Answer, answersOf } from "./answers.ts";
import { fillWarehouse } from "./fill-warehouse.ts";
import { queriesIn, readPage } from "./read-queries.ts";

const DAY_MS = 86_400_000;
const FILLED_WITHIN_MS = 120_000;
/** So that both days are over, and stay within the last seven if the day ends meanwhile. */
const FIRST_DAY = Math.floor(Date.now() / DAY_MS) - 3;
const ANSWERS = answersOf(utcDay(FIRST_DAY * DAY_MS), utcDay((FIRST_DAY + 1) * DAY_MS));
const QUERIES = queriesIn(readPage());

const cleanup = new AsyncDisposableStack();
let endpoint: ReturnType<typeof createWarehouseEndpointApp>;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), "dit-analysts-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "warehouse");
  const writable = cleanup.adopt(await openChdbWarehouse({ path }), (opened) => opened.close());
  await fillWarehouse(writable, directory, FIRST_DAY);
  const warehouse = openReadOnlyChdb({ path, database: "dit", views: "dit_views" });
  cleanup.defer(() => warehouse.close());
  const logger = createLogger({ service: "warehouse", write: () => undefined });
  endpoint = createWarehouseEndpointApp({ warehouse, logger, metrics: createMetrics("warehouse") });
}, FILLED_WITHIN_MS);
afterAll(() => cleanup.disposeAsync());

/** As an analyst on one box asks. */
async function ask(sql: string): Promise<Answer> {
  const url = "http://127.0.0.1:8123/?default_format=JSONCompactEachRow";
  const response = await endpoint.request(url, { method: "POST", body: sql });
  const text = (await response.text()).trimEnd();
  if (!response.ok) throw new Error(text);
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Answer[number]);
}

describe("the page for analysts", () => {
  it("has a dozen questions, each with an answer here, and none is answered that it does not ask", () => {
    expect([...QUERIES.keys()].sort()).toEqual(Object.keys(ANSWERS).sort());
    expect(QUERIES.size).toBeGreaterThanOrEqual(12);
  });

  it.each([...QUERIES])("answers: %s", async (question, sql) => {
    expect(await ask(sql)).toEqual(ANSWERS[question]);
  });

  it("is read as it is: every block of SQL, one to a heading", () => {
    const block = (sql: string) => `\`\`\`sql\n${sql}\n\`\`\`\n`;
    const page = `# T\n\n## A\n\n${block("SELECT\n  1")}\n### B\ntext\n${block("SELECT 2")}`;
    expect([...queriesIn(page)]).toEqual([
      ["A", "SELECT\n  1"],
      ["B", "SELECT 2"],
    ]);
    expect(() => queriesIn(`## A\n\n${block("SELECT 1")}\n${block("SELECT 2")}`)).toThrow("two queries");
  });
});
