import { expect, it } from "vitest";
import { makeAlert } from "../../test/make-alert.ts";
import { createAlertmanagerSink } from "./alertmanager-sink.ts";

interface Posted {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

function listening() {
  const posted: { readonly url: string; readonly alerts: readonly Posted[] }[] = [];
  const options = {
    url: "http://alertmanager:9093/",
    runbookUrl: "https://example.org",
    forgetAfterSeconds: 400,
  };
  const sink = createAlertmanagerSink(options, async (url, init) => {
    posted.push({ url: String(url), alerts: JSON.parse(String(init?.body)) });
    return new Response();
  });
  return { sink, posted };
}

/** What Alertmanager's `POST /api/v2/alerts` takes (api/v2/openapi.yaml, postableAlerts). */
const POSTABLE = {
  labels: expect.objectContaining({ alertname: expect.stringMatching(/^Dit/) }),
  annotations: expect.objectContaining({ summary: expect.any(String), runbook_url: "https://example.org" }),
  startsAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  endsAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
};

it("posts alerts as Alertmanager's API v2 takes them", async () => {
  const { sink, posted } = listening();
  await sink.tell(makeAlert({ fields: ["locale", "model"] }));
  expect(posted).toEqual([{ url: "http://alertmanager:9093/api/v2/alerts", alerts: [POSTABLE] }]);
  expect(posted[0]?.alerts[0]?.labels).toEqual({
    ...{ alertname: "DitReidentifying", severity: "critical", use_case: "shop", event: "sent" },
    ...{ fields: "locale+model", score: "exposed_pids" },
  });
});

it("names an alert by the same labels when it opens, is repeated and closes, and ends it when it closes", async () => {
  const { sink, posted } = listening();
  const opened = makeAlert({ score: "containment", other: "forum.sent.handset" });
  const { atSeconds } = opened;
  await sink.tell(opened);
  await sink.repeat([opened], atSeconds + 60, 4_000);
  await sink.tell({ ...opened, transition: "closed", atSeconds: atSeconds + 120 });
  const seen = posted
    .flatMap(({ alerts }) => alerts)
    .filter(({ labels }) => labels.alertname === "DitReidentifying");
  expect(new Set(seen.map(({ labels }) => JSON.stringify(labels))).size).toBe(1);
  expect(seen[0]?.labels).toMatchObject({ other: "forum.sent.handset" });
  expect(new Set(seen.map(({ startsAt }) => startsAt)).size).toBe(1);
  const ends = seen.map(({ endsAt }) => Date.parse(endsAt) / 1_000 - atSeconds);
  expect(ends).toEqual([400, 4_060, 120]);
});

it("ends the warning that an alert was before it escalated", async () => {
  const { sink, posted } = listening();
  const opened = makeAlert({ level: "warn" });
  await sink.tell(opened);
  await sink.tell({ ...opened, transition: "escalated", level: "block", atSeconds: opened.atSeconds + 60 });
  const [before, [after, over, ...more] = []] = posted.map(({ alerts }) => alerts);
  expect(after?.labels).toEqual({ ...before?.[0]?.labels, severity: "critical" });
  expect(over?.labels).toEqual(before?.[0]?.labels);
  const ends = [after, over].map((each) => Date.parse(each?.endsAt ?? "") / 1_000 - opened.atSeconds);
  expect(ends).toEqual([460, 60]);
  expect(more).toEqual([]);
});

it("says of no alert that it ends before it starts, where the clock was put back: Alertmanager takes none then", async () => {
  const { sink, posted } = listening();
  const opened = makeAlert();
  await sink.repeat([opened], opened.atSeconds - 86_400, 400);
  const repeated = posted[0]?.alerts[1];
  expect(Date.parse(repeated?.endsAt ?? "")).toBe(Date.parse(repeated?.startsAt ?? "") + 400_000);
});

it("says that the monitor lives, also where nothing is open", async () => {
  const { sink, posted } = listening();
  await sink.repeat([], 1_790_000_000, 400);
  expect(posted[0]?.alerts).toEqual([POSTABLE]);
  expect(posted[0]?.alerts[0]?.labels.alertname).toBe("DitReidAlive");
});
