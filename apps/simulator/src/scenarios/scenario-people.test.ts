import { useCaseSchema } from "@dit/protocol/schemas";
import { describe, expect, it } from "vitest";
import { CLEAN_FIELDS } from "./clean-fields.ts";
import { scenarioDocuments } from "./scenario-documents.ts";
import { createScenarioPeople, SCENARIO_CLIENTS, type ScenarioPerson } from "./scenario-people.ts";
import { SCENARIOS } from "./scenarios.ts";

/** As the monitor's policy has it by default. */
const K = 11;
const clean = SCENARIOS.clean ?? expect.fail("there is no such scenario");
const NAMES = Object.keys(CLEAN_FIELDS);
const PAIRS = NAMES.flatMap((first, index) => NAMES.slice(index + 1).map((second) => [first, second]));

const reported = (people: readonly ScenarioPerson[], name: string, round: number) =>
  people.map(({ fieldsIn }) => fieldsIn((SCENARIOS[name] ?? clean).app, round));

describe("createScenarioPeople", () => {
  it("has the same people report the same for the same seed, and others for another", () => {
    const free = (seed: number) => reported(createScenarioPeople({ clients: 50, seed }), "free_disk", 0);
    expect(free(7)).toEqual(free(7));
    expect(free(8)).not.toEqual(free(7));
  });

  it("has people keep what is their own over rounds, and nothing else that is planted", () => {
    const people = createScenarioPeople({ clients: 50, seed: 1 });
    expect(reported(people, "install_time", 1)).toEqual(reported(people, "install_time", 0));
    const volumes = [0, 1].flatMap((round) => reported(people, "slider", round).map(({ volume }) => volume));
    expect(new Set(volumes).size).toBe(100);
  });

  it.each([1, 2, 3])(
    "has nobody with a rare pair of clean values among the fewest people, seed %d",
    (seed) => {
      const rows = reported(createScenarioPeople({ clients: SCENARIO_CLIENTS.min, seed }), "clean", 0);
      const rare = PAIRS.flatMap((pair) => {
        const people = Map.groupBy(rows, (row) => pair.map((name) => row[name]).join(" with "));
        return [...people].filter(([, { length }]) => length < K).map(([values]) => values);
      });
      expect(rare).toEqual([]);
    },
  );
});

describe("scenarioDocuments", () => {
  it("makes valid use cases that declare every field that is reported, and the other app's where there is one", () => {
    const documents = scenarioDocuments(Object.keys(SCENARIOS), 86_400).map((each) =>
      useCaseSchema.parse(each),
    );
    const fields = documents.flatMap(({ useCase, events }) =>
      Object.entries(events).flatMap(([event, each]) =>
        Object.keys(each.fields).map((field) => `${useCase}.${event}.${field}`),
      ),
    );
    const truths = Object.values(SCENARIOS).flatMap(({ truth }) => truth.stopped);
    expect(fields).toEqual(expect.arrayContaining(truths));
    expect(scenarioDocuments(["slider"], 86_400).map(({ useCase }) => useCase)).toEqual(["scenario_app"]);
  });
});
