import { type UseCaseInput, useCaseSchema } from "@dit/protocol/schemas";
import { expect, it } from "vitest";
import { developmentUseCases } from "./development-use-cases.ts";
import { warningsOf } from "./warnings.ts";

const directoryOf = (...documents: UseCaseInput[]) => ({
  all: () =>
    documents.map((document) => ({ version: 1, document: useCaseSchema.parse(document), blockedFields: {} })),
});
const developed = developmentUseCases("http://127.0.0.1:8086/.well-known/jwks.json");
const production = { acs: { production: true, environment: "production" } };

it("warns in production of every enabled use case whose accounts come over http", () => {
  const [warning] = warningsOf(production, directoryOf(...developed));
  expect(warning).toMatch(/^client_health, dit_doctor: /);
  const disabled = developed.map((useCase) => ({ ...useCase, enabled: false }));
  expect(warningsOf(production, directoryOf(...disabled))).toEqual([]);
});

it("warns in production of an environment that was not named", () => {
  const [warning] = warningsOf({ acs: { production: true, environment: "development" } }, directoryOf());
  expect(warning).toContain("DIT_ENVIRONMENT");
});

it("has nothing to say of a development box", () => {
  const acs = { production: false, environment: "development" };
  expect(warningsOf({ acs }, directoryOf(...developed))).toEqual([]);
});
