import { existsSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { SERVICES } from "../src/service-metrics.ts";
import { readRepositoryFile, repositoryPath } from "./repository.ts";

const apps = readdirSync(repositoryPath("apps"));

it("every service that counts something is watched", () => {
  const counting = apps.filter((app) => existsSync(repositoryPath(`apps/${app}/src/${app}-metrics.ts`)));
  expect(counting.toSorted()).toEqual([...SERVICES].toSorted());
});

it("every service that is configured is on the page of variables", () => {
  const page = readRepositoryFile("docs/CONFIGURATION.md");
  const configured = apps.filter((app) => existsSync(repositoryPath(`apps/${app}/src/config.ts`)));
  expect(configured.length).toBeGreaterThanOrEqual(5);
  for (const app of configured) expect(page).toContain(`\`DIT_${app.toUpperCase()}_LISTEN_PORT\``);
});
