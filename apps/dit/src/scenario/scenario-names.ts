import { SCENARIO_CLIENTS, SCENARIOS } from "@dit/simulator";
import { UsageError } from "../command.ts";
import { positiveInteger } from "../parse-options.ts";

const ALL = "all";

/** The scenarios that `--scenario` names. Throws UsageError, which lists all there are, for a name that is none. */
export function scenarioNames(name: string): readonly string[] {
  if (name === ALL) return Object.keys(SCENARIOS);
  if (Object.hasOwn(SCENARIOS, name)) return [name];
  const known = [
    ...Object.entries(SCENARIOS).map(([each, { summary }]) => [each, summary] as const),
    [ALL, "all of these, as events of one use case"] as const,
  ];
  const list = known.map(([each, summary]) => `  ${each.padEnd(18)}${summary}`);
  throw new UsageError(`there is no scenario ${JSON.stringify(name)}; there are\n${list.join("\n")}`);
}

/** What `--clients` says, or as many as scenarios are made for. */
export function scenarioClients(text: string | undefined): number {
  if (text === undefined) return SCENARIO_CLIENTS.default;
  const clients = positiveInteger("clients", text);
  const { min, max } = SCENARIO_CLIENTS;
  if (clients >= min && clients <= max) return clients;
  throw new UsageError(
    `--clients must be ${min} to ${max} in a scenario: the monitor says nothing of fewer, and among more what is planted as rare is not`,
  );
}
