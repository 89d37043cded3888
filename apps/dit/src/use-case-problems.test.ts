import { expect, it } from "vitest";
import { useCaseProblems } from "./use-case-problems.ts";

it("tells everything at once, and the rule where a name breaks it", () => {
  const rule = "lower-case letters, digits and single _ between them, at most 40";
  const problems = useCaseProblems({
    useCase: "Bad Id",
    owner: "somebody",
    purpouse: "a typo",
    issuance: { authenticator: "password" },
    events: {
      "Bad-Name": { fields: {} },
      opened: { fields: { "A b": { type: "boolean" }, n: { type: "int" } } },
    },
  });
  expect(problems).toEqual([
    `useCase: ${rule}`,
    "purpose: is missing",
    "issuance.authenticator: must be one of jwt, application_server",
    `events.Bad-Name: the name is not allowed: ${rule}`,
    `events.opened.fields.A b: the name is not allowed: ${rule}`,
    "events.opened.fields.n.type: must be one of boolean, integer, float, enum, string",
    "(document): purpouse: there is no such key here",
  ]);
});

it("finds nothing wrong with what is right", () => {
  const events = { opened: { fields: {} } };
  const issuance = { authenticator: "application_server", serverId: "app", tokensPerEpoch: 1 };
  expect(useCaseProblems({ useCase: "ok", owner: "o", purpose: "p", issuance, events })).toEqual([]);
});
