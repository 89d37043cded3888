import type { UseCaseInput } from "@dit/protocol/schemas";
import { CLEAN_FIELDS } from "./clean-fields.ts";
import type { Planted } from "./scenario.ts";
import { APP, OTHER_APP, SCENARIOS } from "./scenarios.ts";

const GRACE_PER_WINDOW = 24;

/** The events of these scenarios in one of the two use cases, by name. */
export function plantedEvents(useCase: string, names: readonly string[]): Readonly<Record<string, Planted>> {
  const part = useCase === OTHER_APP ? "otherApp" : "app";
  const planted = names.map((name) => [name, SCENARIOS[name]?.[part]] as const);
  return Object.fromEntries(planted.filter((each): each is [string, Planted] => each[1] !== undefined));
}

/** The use cases of these scenarios, under the default policy but for `block`. `windowSeconds`: how long credentials and pseudonyms last. */
export function scenarioDocuments(names: readonly string[], windowSeconds: number): UseCaseInput[] {
  return [APP, OTHER_APP].flatMap((useCase) => {
    const planted = Object.entries(plantedEvents(useCase, names));
    const events = planted.map(([name, { fields }]) => [name, { fields: { ...CLEAN_FIELDS, ...fields } }]);
    return events.length === 0 ? [] : [documentOf(useCase, Object.fromEntries(events), windowSeconds)];
  });
}

function documentOf(useCase: string, events: UseCaseInput["events"], windowSeconds: number): UseCaseInput {
  return {
    useCase,
    owner: "DIT maintainers",
    purpose: "Shows what the re-identification monitor makes of fields of which the truth is known",
    issuance: {
      authenticator: "jwt",
      issuer: "dit-development-identity-provider",
      audience: "dit-development",
      jwksUrl: "http://127.0.0.1:8086/.well-known/jwks.json",
      tokensPerEpoch: 64,
    },
    epoch: { seconds: windowSeconds, graceSeconds: Math.floor(windowSeconds / GRACE_PER_WINDOW) },
    pseudonym: { rotationSeconds: windowSeconds },
    privacy: { onBreach: "block" },
    events,
  };
}
