/** Alertmanager's API v2 (api/v2/openapi.yaml), as far as who reads alerts needs it. */
export interface ListedAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly status: { readonly state: string };
}

/** What it tells a webhook of its own (webhook_config). */
export interface Notification {
  readonly alerts: readonly (Pick<ListedAlert, "labels" | "fingerprint"> & {
    readonly status: "firing" | "resolved";
  })[];
}

/** What `GET /api/v2/alerts` lists: what is open. */
export async function listAlerts(url: string): Promise<readonly ListedAlert[]> {
  return JSON.parse(await (await fetch(`${url}/api/v2/alerts`)).text());
}

/** Tells a receiver at once, and of what follows after a second. */
export function alertmanagerConfig(pagerUrl: string): string {
  return JSON.stringify({
    route: {
      receiver: "pager",
      group_by: ["..."],
      ...{ group_wait: "0s", group_interval: "1s", repeat_interval: "1h" },
    },
    receivers: [{ name: "pager", webhook_configs: [{ url: pagerUrl, send_resolved: true }] }],
  });
}
