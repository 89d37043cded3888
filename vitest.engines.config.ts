import { defineConfig } from "vitest/config";

const tenMinutesMs = 10 * 60_000;

/** The long tests on real engines, each file with engines of its own on free ports. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["{packages,apps,infra}/**/*.engines.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    // Most of them wait most of the time; more at once would make a small machine too slow for what is timed.
    maxWorkers: 2,
    passWithNoTests: true,
    expect: { poll: { timeout: 30_000 } },
    testTimeout: tenMinutesMs,
    hookTimeout: tenMinutesMs,
  },
});
