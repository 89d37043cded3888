import { defineConfig } from "vitest/config";

const tenMinutesMs = 10 * 60_000;

/** The long tests on real engines: one file at a time, since engines share ports, cores and disk. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["{packages,apps,infra}/**/*.engines.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    fileParallelism: false,
    passWithNoTests: true,
    testTimeout: tenMinutesMs,
    hookTimeout: tenMinutesMs,
  },
});
