import { parse } from "yaml";
import { readRepositoryFile } from "./repository.ts";

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const ALERTS_FILE = "infra/prometheus/alerts.yml";

/** Every rule that is shipped. */
export function readAlertRules(): AlertRule[] {
  const { groups }: { groups: { rules: AlertRule[] }[] } = parse(readRepositoryFile(ALERTS_FILE));
  return groups.flatMap(({ rules }) => rules);
}
