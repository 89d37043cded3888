import type { Alert } from "../src/monitor/alert.ts";

export function makeAlert(changes: Partial<Alert> = {}): Alert {
  return {
    id: "00000000-0000-4000-8000-000000000001",
    ...{ transition: "opened", level: "block", score: "exposed_pids", kind: "identifier" },
    ...{ useCase: "shop", event: "sent", fields: ["serial"], other: "", window: 20_000 },
    ...{ atSeconds: 1_790_000_000, openedAtSeconds: 1_790_000_000 },
    value: { share: 0.5, lower: 0.49, upper: 0.51 },
    threshold: 0.01,
    ...changes,
  };
}
