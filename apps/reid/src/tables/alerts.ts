import type { TableDialect } from "@dit/storage";

export const ALERTS_TABLE = "dit.reid_alerts";

/** One row for each time that an alert opens, escalates or closes. */
export function createAlerts({ onCluster, engine, settings }: TableDialect): string {
  return `CREATE TABLE IF NOT EXISTS ${ALERTS_TABLE}${onCluster} (
  at DateTime('UTC') COMMENT 'When it was decided [s]',
  alert_id UUID COMMENT 'The same from opening to closing',
  transition LowCardinality(String) COMMENT 'opened, escalated or closed',
  level LowCardinality(String) COMMENT 'warn or block',
  score LowCardinality(String) COMMENT 'exposed_pids, potential, linkability, containment or drift',
  use_case LowCardinality(String) COMMENT 'Use case',
  event LowCardinality(String) COMMENT 'Event',
  fields Array(String) COMMENT 'One field, or a pair that was measured together',
  other LowCardinality(String) COMMENT 'For containment: the other field, as use case.event.field',
  window UInt32 COMMENT 'Rotation window [rotation periods since 1970]',
  share Float64 COMMENT 'What was measured [share; of drift: bit]',
  lower Float64 COMMENT 'Wilson lower bound at 95 % [share]',
  upper Float64 COMMENT 'Wilson upper bound at 95 % [share]',
  threshold Float64 COMMENT 'What it was compared with [share]',
  kind LowCardinality(String) COMMENT 'identifier: comes back after rotation; noise: does not; unknown: cannot be told yet'
) ENGINE = ${engine(ALERTS_TABLE)}
PARTITION BY toYYYYMM(at)
ORDER BY (at, alert_id)
TTL at + toIntervalDay(800)
SETTINGS ${settings}
COMMENT 'Alerts of the re-identification monitor; no value of a field is in it'`;
}
