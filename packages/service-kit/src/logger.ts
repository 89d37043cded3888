import { type Clock, systemClock } from "./clock.ts";
import { allowedFields, type LogFields } from "./log-fields.ts";

export const LOG_LEVELS = ["info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `noun.verb`, as `use_cases.changed`: an identifier written in the source, never built from data. */
export type LogEvent = `${string}.${string}`;

/** Says what happened in the service, never to whom: an event and the fields of one table, no free text. */
export interface Logger {
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
}

const EVENT = /^[a-z][a-z_]{0,29}(\.[a-z][a-z_]{0,29}){1,3}$/;
const INVALID_EVENT = "log.event_refused";

/**
 * JSON lines: `at` (ISO 8601), `level`, `service`, `event`, then fields. A field that is not in the table, or whose value is
 * not of its kind, is left out and counted in `droppedFields`, whatever the types said.
 */
export function createLogger(options: {
  readonly service: string;
  readonly level?: LogLevel;
  readonly clock?: Clock;
  readonly write?: (line: string) => void;
}): Logger {
  const { service, level: lowest = "info", clock = systemClock, write = writeToStdout } = options;
  const log = (level: LogLevel) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(lowest)) return () => undefined;
    return (event: LogEvent, fields: LogFields = {}) => {
      const { kept, dropped } = allowedFields(fields);
      const line = {
        at: new Date(clock.nowMs()).toISOString(),
        level,
        service,
        event: EVENT.test(event) ? event : INVALID_EVENT,
        ...kept,
        ...(dropped > 0 ? { droppedFields: dropped } : {}),
      };
      write(JSON.stringify(line));
    };
  };
  return { info: log("info"), warn: log("warn"), error: log("error") };
}

function writeToStdout(line: string): void {
  process.stdout.write(`${line}\n`);
}
