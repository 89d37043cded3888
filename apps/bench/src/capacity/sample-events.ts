import { randomInt } from "node:crypto";
import type { AcceptedEvent } from "@dit/protocol";
import type { simulatedUseCase } from "@dit/simulator";

type Name = keyof (typeof simulatedUseCase)["events"];

/** Events of the simulated use case with values such as clients send: what they take on disk depends on that. */
export function sampleEvents(count: number, atSeconds: number): AcceptedEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const name: Name = index === 0 ? "session_started" : index % 2 === 0 ? "timer_fired" : "log_called";
    return { name, at: atSeconds - (atSeconds % 60), fields: FIELDS[name]() };
  });
}

const FIELDS: Readonly<Record<Name, () => AcceptedEvent["fields"]>> = {
  session_started: () => ({
    device_category: oneOf("desktop", "mobile", "mobile", "tablet"),
    platform: oneOf("iPhone", "Linux armv81", "MacIntel", "Win32"),
    screen_width: oneOf(360, 390, 414, 1440, 1920),
    screen_height: oneOf(800, 844, 896, 900, 1080),
    language: oneOf("en-US", "de-DE", "pt-BR", "hi-IN"),
    connection_type: oneOf("cellular", "wifi"),
    effective_connection: oneOf("3g", "4g", "4g"),
    round_trip_ms: randomInt(20, 400),
  }),
  timer_fired: () => ({ planned_ms: randomInt(500, 5_000), late_ms: milliseconds() }),
  log_called: () => ({ duration_us: milliseconds() }),
  tokens_fetched: () => ({ duration_ms: milliseconds(), outcome: "ok", tokens: 8 }),
  report_uploaded: () => ({ duration_ms: milliseconds(), outcome: "ok", events: 20 }),
};

/** As `performance.now()` has them. */
function milliseconds(): number {
  return randomInt(0, 1_000_000) / 1_000;
}

function oneOf<T>(...values: readonly [T, ...T[]]): T {
  return values[randomInt(values.length)] ?? values[0];
}
