/** How long the planted series are healthy, in minutes. */
export const HEALTHY_MINUTES = 120;
/** How long they are not, after that. */
const FAULTY_MINUTES = 120;

/** What an alert is made for, as series of one value a minute. */
export interface PlantedCondition {
  readonly alert: string;
  /** By series: how it goes on, in promtool's notation, from where it is healthy to where it is not. */
  readonly series: Readonly<Record<string, string>>;
  /** Labels of the alert that fires, besides its name, state and severity. */
  readonly labels?: Readonly<Record<string, string>>;
  /** After the fault; by default less than an hour, so that `increase(...[1h])` still sees it. */
  readonly firesAfterMinutes?: number;
}

/** Stays at `value`. */
const at = (value: number, minutes: number) => `${value}+0x${minutes - 1}`;
const turns = (healthy: number, faulty: number) =>
  `${at(healthy, HEALTHY_MINUTES)} ${at(faulty, FAULTY_MINUTES)}`;
/** Stays as it is, and has no value any more. */
const ends = (healthy: number) => `${at(healthy, HEALTHY_MINUTES)} _x${FAULTY_MINUTES}`;
/** Is not there, and then stays at a value. */
const appears = (value: number) => `_x${HEALTHY_MINUTES} ${at(value, FAULTY_MINUTES)}`;
/** Grows by so much a minute, and by another amount from the fault on. */
const grows = (healthyStep: number, faultyStep: number) =>
  `0+${healthyStep}x${HEALTHY_MINUTES - 1} ${healthyStep * HEALTHY_MINUTES}+${faultyStep}x${FAULTY_MINUTES - 1}`;
/** Is the time, and stands still from the fault on. */
const stops = () => `0+60x${HEALTHY_MINUTES - 1} ${at(HEALTHY_MINUTES * 60, FAULTY_MINUTES)}`;

const on = (job: string) => `job="${job}",instance="i1"`;
const acs = on("acs");
const edge = on("edge");
const ingest = on("ingest");
const sink = on("sink");
const reid = on("reid");

const BOUNDS_SECONDS = ["0.5", "1", "2.5", "+Inf"];
/** A histogram that gets 60 observations a minute, all of them below a bound. */
function latencies(name: string, labels: string, healthyBelow: string, faultyBelow: string) {
  const from = (bound: string) => BOUNDS_SECONDS.indexOf(bound);
  return Object.fromEntries(
    BOUNDS_SECONDS.map((le, index) => {
      const step = (below: string) => (index >= from(below) ? 60 : 0);
      return [`${name}_bucket{${labels},le="${le}"}`, grows(step(healthyBelow), step(faultyBelow))];
    }),
  );
}

/** One for each alert at least. The series of all of them together, as long as they are healthy, are a healthy deployment. */
export const PLANTED_CONDITIONS: readonly PlantedCondition[] = [
  {
    alert: "ServiceAbsent",
    series: {
      [`up{${acs}}`]: turns(1, 0),
      ...Object.fromEntries([edge, ingest, sink, reid].map((labels) => [`up{${labels}}`, turns(1, 1)])),
    },
    labels: { job: "acs" },
  },
  {
    alert: "ServiceAbsent",
    series: {
      [`up{${sink}}`]: ends(1),
      ...Object.fromEntries([edge, ingest, acs, reid].map((labels) => [`up{${labels}}`, turns(1, 1)])),
    },
    labels: { job: "sink" },
  },
  { alert: "InstanceDown", series: { [`up{${acs}}`]: turns(1, 0) }, labels: { job: "acs", instance: "i1" } },
  {
    alert: "DependencyDown",
    series: { [`dit_acs_dependency_ready{${acs},dependency="counters"}`]: turns(1, 0) },
    labels: { job: "acs", instance: "i1", dependency: "counters" },
  },
  {
    alert: "InstanceRestarts",
    series: {
      [`process_start_time_seconds{${sink}}`]: `0+0x${HEALTHY_MINUTES - 1} 0+1x${FAULTY_MINUTES - 1}`,
    },
    labels: { job: "sink", instance: "i1" },
  },
  {
    alert: "EventLoopBlocked",
    series: { [`nodejs_eventloop_lag_p99_seconds{${ingest}}`]: turns(0.02, 0.5) },
    labels: { job: "ingest", instance: "i1" },
  },
  {
    alert: "FileDescriptorsShort",
    series: {
      [`process_open_fds{${edge}}`]: turns(100, 900),
      [`process_max_fds{${edge}}`]: turns(1_024, 1_024),
    },
    labels: { job: "edge", instance: "i1" },
  },
  {
    alert: "EdgeFailing",
    series: {
      [`dit_edge_http_requests_total{${edge},status="202"}`]: grows(600, 600),
      [`dit_edge_http_requests_total{${edge},status="503"}`]: grows(1, 20),
    },
  },
  {
    alert: "EdgeSlow",
    series: latencies("dit_edge_http_request_seconds", edge, "0.5", "2.5"),
  },
  {
    alert: "Overloaded",
    series: { [`dit_ingest_http_problems_total{${ingest},code="overloaded"}`]: grows(0, 5) },
    labels: { job: "ingest" },
  },
  {
    alert: "NoReports",
    series: { [`dit_ingest_reports_accepted_total{${ingest},attempt="first"}`]: grows(600, 0) },
  },
  {
    alert: "ReportsInvalid",
    series: {
      [`dit_ingest_reports_accepted_total{${ingest},attempt="first"}`]: grows(600, 600),
      [`dit_ingest_reports_rejected_total{${ingest},code="report_invalid"}`]: grows(1, 20),
    },
  },
  {
    alert: "EventsDropped",
    series: {
      [`dit_ingest_events_accepted_total{${ingest},attempt="first"}`]: grows(6_000, 6_000),
      [`dit_ingest_events_dropped_total{${ingest},use_case="chat",reason="unknown_event"}`]: grows(5, 100),
    },
    labels: { use_case: "chat", reason: "unknown_event" },
  },
  {
    alert: "ClockSkew",
    series: { [`dit_sink_warehouse_clock_skew_seconds{${sink}}`]: turns(0.4, -30) },
    labels: { job: "sink", instance: "i1" },
  },
  {
    alert: "ServerClockBehind",
    firesAfterMinutes: 80,
    series: {
      [`dit_ingest_newest_event_age_seconds_bucket{${ingest},le="-300"}`]: grows(1, 300),
      [`dit_ingest_newest_event_age_seconds_count{${ingest}}`]: grows(600, 600),
    },
  },
  {
    // As Prometheus 3 writes it.
    alert: "ServerClockBehind",
    firesAfterMinutes: 80,
    series: {
      [`dit_ingest_newest_event_age_seconds_bucket{${ingest},le="-300.0"}`]: grows(1, 300),
      [`dit_ingest_newest_event_age_seconds_count{${ingest}}`]: grows(600, 600),
    },
  },
  {
    alert: "IssuanceFailing",
    series: {
      [`dit_acs_issuances_total{${acs},code="issued"}`]: grows(60, 60),
      [`dit_acs_issuances_total{${acs},code="dependency_unavailable"}`]: grows(0, 5),
    },
  },
  {
    alert: "IdentityProviderFailing",
    series: {
      [`dit_acs_dependency_failures_total{${acs},dependency="jwks",reason="ECONNREFUSED"}`]: grows(0, 1),
    },
    labels: { reason: "ECONNREFUSED" },
  },
  {
    alert: "QuotaRefusals",
    series: {
      [`dit_acs_issuances_total{${acs},code="issued"}`]: grows(60, 60),
      [`dit_acs_quota_refusals_total{${acs},use_case="chat"}`]: grows(1, 10),
    },
    labels: { use_case: "chat" },
  },
  {
    alert: "CredentialsInvalid",
    series: {
      [`dit_acs_redemptions_total{${acs},outcome="reserved"}`]: grows(600, 600),
      [`dit_acs_redemptions_total{${acs},outcome="credential_invalid"}`]: grows(3, 60),
    },
  },
  {
    alert: "TokensExhausted",
    series: {
      [`dit_acs_redemptions_total{${acs},outcome="reserved"}`]: grows(600, 600),
      [`dit_acs_redemptions_total{${acs},outcome="token_exhausted"}`]: grows(3, 60),
    },
  },
  {
    alert: "EpochsExpired",
    series: {
      [`dit_acs_redemptions_total{${acs},outcome="reserved"}`]: grows(600, 600),
      [`dit_acs_redemptions_total{${acs},outcome="epoch_expired"}`]: grows(3, 60),
    },
  },
  {
    // Its very first count: there is no series before.
    alert: "KeyCompromiseSuspected",
    series: { [`dit_acs_key_compromise_suspected_total{${acs},use_case="chat"}`]: appears(1) },
    labels: { job: "acs", instance: "i1", use_case: "chat" },
  },
  {
    alert: "PrimaryKeyMissing",
    series: {
      [`dit_acs_live_keys{${acs},use_case="chat"}`]: turns(2, 2),
      [`dit_acs_key_age_seconds{${acs},use_case="chat"}`]: ends(86_400),
    },
    labels: { job: "acs", instance: "i1", use_case: "chat" },
  },
  {
    alert: "NextKeyMissing",
    series: {
      [`dit_acs_live_keys{${acs},use_case="chat"}`]: turns(2, 1),
      [`dit_acs_key_age_seconds{${acs},use_case="chat"}`]: turns(86_400, 86_400),
    },
    labels: { use_case: "chat" },
  },
  {
    alert: "KeyUnopened",
    series: { [`dit_acs_unopened_keys{${acs},use_case="chat"}`]: turns(0, 1) },
    labels: { use_case: "chat" },
  },
  {
    alert: "KeyTakesOverSoon",
    firesAfterMinutes: 62,
    series: { [`dit_acs_key_time_left_seconds{${acs},use_case="chat"}`]: turns(90 * 86_400, 10 * 86_400) },
    labels: { use_case: "chat" },
  },
  { alert: "RotationStalled", series: { [`dit_acs_rotation_success_timestamp_seconds{${acs}}`]: stops() } },
  { alert: "RotationFailing", series: { [`dit_acs_rotation_failures_total{${acs}}`]: grows(0, 1) } },
  {
    alert: "StoreSlow",
    series: latencies(
      "dit_acs_dependency_seconds",
      `${acs},dependency="counters",operation="use"`,
      "0.5",
      "1",
    ),
    labels: { job: "acs", dependency: "counters", operation: "use" },
  },
  { alert: "SinkBehind", series: { [`dit_sink_lag_seconds{${sink},partition="0"}`]: turns(5, 1_000) } },
  { alert: "SinkStuck", series: { [`dit_sink_lag_seconds{${sink},partition="0"}`]: turns(5, 8_000) } },
  {
    alert: "BatchesFailing",
    series: { [`dit_sink_batch_failures_total{${sink},reason="ECONNREFUSED"}`]: grows(0, 3) },
    labels: { reason: "ECONNREFUSED" },
  },
  {
    alert: "InsertSlow",
    series: latencies(
      "dit_sink_dependency_seconds",
      `${sink},dependency="warehouse",operation="insert"`,
      "0.5",
      "2.5",
    ),
  },
  { alert: "ReportsUnaccounted", series: { [`dit_sink_unaccounted_records{${sink}}`]: turns(0, -3) } },
  { alert: "AccountStale", series: { [`dit_sink_account_success_timestamp_seconds{${sink}}`]: stops() } },
  { alert: "RecordsLost", series: { [`dit_sink_records_lost_total{${sink}}`]: turns(0, 40) } },
  {
    alert: "EventsDeadLettered",
    series: { [`dit_sink_events_dead_lettered_total{${sink},reason="salt_destroyed"}`]: appears(2) },
    labels: { reason: "salt_destroyed" },
  },
  {
    alert: "RepairRefused",
    series: { [`dit_sink_repairs_refused_total{${sink},reason="not_retained"}`]: appears(1) },
    labels: { reason: "not_retained" },
  },
  {
    alert: "RangesRepaired",
    series: { [`dit_sink_repairs_total{${sink},kind="rows"}`]: turns(4, 5) },
    labels: { kind: "rows" },
  },
  {
    alert: "ReconciliationStalled",
    series: { [`dit_sink_reconciliation_success_timestamp_seconds{${sink}}`]: stops() },
  },
  {
    alert: "FieldsReveal",
    series: { [`dit_reid_open_alerts{${reid},use_case="chat",kind="exposed"}`]: turns(0, 2) },
    labels: { use_case: "chat", kind: "exposed" },
  },
  {
    alert: "MonitorSilent",
    firesAfterMinutes: 119,
    series: {
      [`dit_reid_last_success_timestamp_seconds{${reid}}`]: `0+60x${HEALTHY_MINUTES - 61} ${at((HEALTHY_MINUTES - 60) * 60, 60 + FAULTY_MINUTES)}`,
    },
  },
  {
    alert: "BlockingFails",
    series: { [`dit_reid_block_failures_total{${reid},use_case="chat"}`]: appears(1) },
    labels: { use_case: "chat" },
  },
  { alert: "AlertsUntold", series: { [`dit_reid_untold_alerts{${reid}}`]: turns(0, 3) } },
  {
    alert: "SaltsNotDestroyed",
    series: { [`dit_sink_salt_check_success_timestamp_seconds{${sink}}`]: stops() },
  },
];
