import { defineConfig } from "vitest/config";

/** Every test that needs no server. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["{packages,apps,infra,scripts}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.engines.test.ts"],
    globalSetup: ["scripts/other-tests.ts"],
    // A process each: lmdb and chdb hold native state that threads of one process would share.
    pool: "forks",
    maxWorkers: 2,
    // For what hangs, and not for what a busy machine takes its time with.
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
