import { describe, expect, it } from "vitest";
import { createPopulation } from "./population.ts";

describe("createPopulation", () => {
  it("gives the same people for the same seed, others for another", () => {
    const people = createPopulation({ clients: 60, seed: 7 });
    expect(createPopulation({ clients: 60, seed: 7 })).toEqual(people);
    expect(createPopulation({ clients: 60, seed: 8 }).map(({ device }) => device)).not.toEqual(
      people.map(({ device }) => device),
    );
  });

  it("gives everyone an account of their own", () => {
    const accounts = createPopulation({ clients: 200, seed: 1 }).map(({ account }) => account);
    expect(new Set(accounts).size).toBe(200);
  });

  it("has every behaviour from 50 clients on, in its share", () => {
    const behaviours = createPopulation({ clients: 50, seed: 1 }).map(({ behaviour }) => behaviour);
    const count = (wanted: string) => behaviours.filter((behaviour) => behaviour === wanted).length;
    expect([count("honest"), count("offline"), count("retrying"), count("hostile")]).toEqual([40, 4, 5, 1]);
  });

  it("draws devices by how often they are seen, not evenly", () => {
    const people = createPopulation({ clients: 5000, seed: 3 });
    const desktops =
      people.filter(({ device }) => device.device_category === "desktop").length / people.length;
    const tablets = people.filter(({ device }) => device.device_category === "tablet").length / people.length;
    expect(desktops).toBeGreaterThan(0.2);
    expect(tablets).toBeLessThan(0.05);
  });
});
