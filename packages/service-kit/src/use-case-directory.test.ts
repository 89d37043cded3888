import { type UseCase, useCaseSchema } from "@dit/protocol/schemas";
import { describe, expect, it } from "vitest";
import type { AcsClient } from "./acs-client.ts";
import { createManualClock } from "./clock.ts";
import { createLogger } from "./logger.ts";
import { ProblemError } from "./problem-error.ts";
import { createUseCaseDirectory, type UseCaseVersion } from "./use-case-directory.ts";

function documentOf(useCase: string, enabled = true): UseCase {
  return useCaseSchema.parse({
    useCase,
    enabled,
    owner: "o",
    purpose: "p",
    issuance: { authenticator: "application_server", serverId: "shop", tokensPerEpoch: 8 },
    events: { a: { fields: {} } },
  });
}

/** An ACS in memory: its entity tag is the number of changes. */
function build() {
  const state = { environment: "test", documents: [documentOf("first")], changes: 1, isDown: false };
  const asked: (string | undefined)[] = [];
  const acs: Pick<AcsClient, "listUseCases"> = {
    async listUseCases(etag) {
      asked.push(etag);
      if (state.isDown) throw new ProblemError("dependency_unavailable");
      if (etag === `"${state.changes}"`) return "unchanged";
      const useCases = state.documents.map((document) => ({
        version: state.changes,
        document,
        blockedFields: {},
      }));
      const list = useCaseListOf(state.environment, useCases);
      return { etag: `"${state.changes}"`, list };
    },
  };
  const lines: string[] = [];
  const clock = createManualClock(0);
  const logger = createLogger({ service: "sink", clock, write: (line) => lines.push(line) });
  const directory = createUseCaseDirectory({ acs, clock, logger, pollMs: 60_000 });
  const change = (...documents: UseCase[]) => {
    state.documents = documents;
    state.changes += 1;
  };
  return { directory, state, asked, clock, lines, change };
}

function useCaseListOf(environment: string, useCases: UseCaseVersion[]) {
  return structuredClone({ environment, useCases }) as Extract<
    Awaited<ReturnType<AcsClient["listUseCases"]>>,
    object
  >["list"];
}

describe("the use-case directory", () => {
  it("knows every use case once it has started", async () => {
    const { directory } = build();
    expect(() => directory.environment).toThrow("not loaded");
    await directory.start();
    expect(directory.environment).toBe("test");
    expect(directory.get("first")).toEqual({
      version: 1,
      document: documentOf("first"),
      blockedFields: {},
    });
    expect(directory.get("second")).toBeUndefined();
    await directory.stop();
  });

  it("does not start without a first load", async () => {
    const { directory, state } = build();
    state.isDown = true;
    await expect(directory.start()).rejects.toMatchObject({ code: "dependency_unavailable" });
    await directory.stop();
  });

  it("follows by entity tag, and tells its listeners of changes alone", async () => {
    const { directory, asked, change } = build();
    let told = 0;
    const forget = directory.onChange(() => {
      told += 1;
    });
    await directory.refresh();
    await directory.refresh();
    expect([told, asked]).toEqual([1, [undefined, '"1"']]);
    change(documentOf("first", false), documentOf("second"));
    await directory.refresh();
    expect(told).toBe(2);
    expect(directory.get("first")).toMatchObject({ version: 2, document: { enabled: false } });
    expect(directory.all().map(({ document }) => document.useCase)).toEqual(["first", "second"]);
    change(documentOf("second"));
    forget();
    await directory.refresh();
    expect(directory.get("first")).toBeUndefined();
    expect(told).toBe(2);
  });

  it("asks once for callers at the same time", async () => {
    const { directory, asked } = build();
    await Promise.all([directory.refresh(), directory.refresh(), directory.refresh()]);
    expect(asked).toHaveLength(1);
  });

  it("keeps what it knows while ACS is away, and says when that has grown stale", async () => {
    const { directory, state, clock } = build();
    await expect(directory.check()).rejects.toMatchObject({ code: "stale" });
    await directory.refresh();
    state.isDown = true;
    clock.advance(300_000);
    await expect(directory.refresh()).rejects.toMatchObject({ code: "dependency_unavailable" });
    await directory.check();
    clock.advance(1);
    await expect(directory.check()).rejects.toMatchObject({ code: "stale" });
    expect(directory.get("first")).toBeDefined();
    state.isDown = false;
    await directory.refresh();
    await directory.check();
  });

  it("takes an unchanged answer for a sign of life", async () => {
    const { directory, clock } = build();
    await directory.refresh();
    clock.advance(1_000_000);
    await directory.refresh();
    await directory.check();
  });

  it("refuses an ACS of another environment, whose credentials are worthless here", async () => {
    const { directory, state, change } = build();
    await directory.refresh();
    state.environment = "production";
    change(documentOf("other"));
    await expect(directory.refresh()).rejects.toMatchObject({ code: "dependency_unavailable" });
    expect(directory.environment).toBe("test");
    expect(directory.get("other")).toBeUndefined();
  });

  it("outlives a listener that fails", async () => {
    const { directory, lines } = build();
    let told = 0;
    directory.onChange(() => {
      throw new TypeError("alice");
    });
    directory.onChange(() => {
      told += 1;
    });
    await directory.refresh();
    expect(told).toBe(1);
    expect(lines.join()).toContain('"reason":"TypeError"');
    expect(lines.join()).not.toContain("alice");
  });
});
