import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  append,
  countRows,
  createTestAcs,
  createTestSink,
  drained,
  failed,
  makeDirectory,
  makeReport,
  makeUseCase,
  opened,
  openPorts,
  rowsOf,
  runUntilDrained,
} from "./harness.ts";

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let ports: Awaited<ReturnType<typeof openPorts>>;

beforeAll(async () => {
  directory = await makeDirectory();
  ports = await openPorts(directory.path);
});

afterAll(async () => {
  await ports.close();
  await directory.remove();
});

describe("the sink", () => {
  it("stores each event once, in a typed row of its event's table", async () => {
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const first = makeReport(useCase.useCase, {
      events: [opened({ locale: "de" }), opened({ items: 2 ** 53 - 1 })],
    });
    await append(ports.eventLog, [first, makeReport(useCase.useCase)]);
    const test = await createTestSink(ports, acs.directory);
    await runUntilDrained(ports, test);

    const rows = await rowsOf<Record<string, unknown>>(ports.warehouse, useCase.useCase, "opened");
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual(
      expect.objectContaining({ cold: true, items: 3, duration: 1.5, screen: "home", locale: "de" }),
    );
    expect(rows).toContainEqual(expect.objectContaining({ items: 2 ** 53 - 1, locale: null }));
    expect(await countRows(ports.warehouse, `dit.${useCase.useCase}__failed`)).toBe(1);
    expect(await test.metrics.value("rows_inserted_total")).toBe(4);
    expect(await test.sink.progress()).toMatchObject({ events: 4, inserted: 4, pendingRecords: 0 });
  });
});
