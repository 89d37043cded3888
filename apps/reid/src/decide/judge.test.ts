import { expect, it } from "vitest";
import { makeUseCase } from "../../test/harness.ts";
import { certain, makeMeasurement } from "../../test/make-measurement.ts";
import { wilsonShare } from "../share.ts";
import { judge, judgeContainment, kindOf, MIN_PIDS, passesAlone } from "./judge.ts";

const { privacy } = makeUseCase("shop", { model: { type: "string", maxLength: 9 } });

function levels(changes: Parameters<typeof makeMeasurement>[0], isFinal = true) {
  const findings = judge(makeMeasurement(changes), privacy, isFinal);
  return Object.fromEntries(findings.map(({ score, level }) => [score, level]));
}

it("warns and blocks once the lower bound has passed the threshold, and is uncertain as long as only the upper has", () => {
  expect(levels({ exposedPids: wilsonShare(3, 10_000) })).toEqual({ exposed_pids: "fine" });
  // .0010 is the threshold: seen 15 times in 10,000 it may still be below.
  expect(levels({ exposedPids: wilsonShare(15, 10_000) })).toEqual({ exposed_pids: "fine" });
  expect(levels({ exposedPids: wilsonShare(30, 10_000) })).toMatchObject({ exposed_pids: "warn" });
  expect(levels({ exposedPids: wilsonShare(110, 10_000) })).toMatchObject({ exposed_pids: "warn" });
  expect(levels({ exposedPids: wilsonShare(130, 10_000) })).toMatchObject({ exposed_pids: "block" });
  expect(levels({ exposedPids: wilsonShare(2, 1_000) })).toEqual({ exposed_pids: "fine" });
  expect(levels({ exposedPids: wilsonShare(0, 100) })).toEqual({ exposed_pids: "uncertain" });
});

it("counts rare values only where enough people have them", () => {
  const rare = { potentialK: certain(0.9), linkability: certain(0.9) };
  expect(levels({ ...rare, exposedPids: certain(0.0009) })).toEqual({ exposed_pids: "fine" });
  expect(levels({ ...rare, exposedPids: certain(0.002) })).toEqual({
    exposed_pids: "warn",
    potential: "block",
    linkability: "block",
  });
});

it("says nothing of fewer than 1,000 people", () => {
  const exposedPids = certain(1);
  expect(levels({ pids: MIN_PIDS - 1, exposedPids })).toEqual({ exposed_pids: "quarantined" });
  expect(levels({ pids: MIN_PIDS, exposedPids })).toMatchObject({ exposed_pids: "block" });
});

it("judges an open window once half of the people of the window before have come", () => {
  const exposedPids = certain(1);
  const open = (pids: number, pidsBefore: number) => levels({ pids, pidsBefore, exposedPids }, false);
  expect(open(4_999, 10_000)).toEqual({ exposed_pids: "quarantined" });
  expect(open(5_000, 10_000)).toMatchObject({ exposed_pids: "block" });
  // Nothing is known of before: a quiet window could not be told from one that has just begun.
  expect(open(5_000, 0)).toEqual({ exposed_pids: "quarantined" });
  expect(open(5_000, MIN_PIDS - 1)).toEqual({ exposed_pids: "quarantined" });
});

it("tells what comes back after rotation from noise", () => {
  const kind = (linkability: number | undefined, exposed = 0.5) =>
    kindOf(
      judge(
        makeMeasurement({
          exposedPids: certain(exposed),
          linkability: linkability === undefined ? undefined : certain(linkability),
        }),
        privacy,
        true,
      ),
    );
  expect(kind(0.9)).toBe("identifier");
  expect(kind(0.01)).toBe("noise");
  expect(kind(undefined)).toBe("unknown");
  expect(kind(0.9, 0)).toBeUndefined();
});

it("lets a field be paired unless something is found about it alone", () => {
  expect(passesAlone(makeMeasurement(), privacy)).toBe(true);
  expect(passesAlone(makeMeasurement({ exposedPids: wilsonShare(0, 100) }), privacy)).toBe(true);
  expect(passesAlone(makeMeasurement({ exposedPids: certain(0.002) }), privacy)).toBe(false);
});

it("judges how much of a field is found in another use case", () => {
  const of = makeMeasurement();
  const level = (share: number) =>
    judgeContainment({ of, in: of, window: 1, containment: certain(share), jaccard: 0 }, privacy).level;
  expect([0.04, 0.06, 0.21].map(level)).toEqual(["fine", "warn", "block"]);
});
