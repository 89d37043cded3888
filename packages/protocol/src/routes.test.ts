import { expect, it } from "vitest";
import { ROUTES } from "./routes.ts";

it("gives every purpose its own path, under the protocol's version", () => {
  const paths = Object.values(ROUTES).map((route) => (typeof route === "string" ? route : route(":useCase")));
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) expect(path).toMatch(/^\/v1(\/[a-z-]+|\/:useCase)+$/);
});
