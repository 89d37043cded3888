import { LATENCY_BUCKETS_SECONDS } from "./latency-buckets.ts";
import type { Metrics } from "./metrics.ts";

interface Route {
  readonly method: string;
  readonly path: string;
}

interface RouteSeries {
  readonly observe: (seconds: number) => void;
  /** One bound counter a status that this route has answered with. */
  readonly countByStatus: Map<number, { inc(): void }>;
}

const UNMATCHED: Route = { method: "any", path: "unmatched" };

/**
 * Counts requests and their time. Series are bound once for each route (an object of the router's table, so nothing of a
 * request can become one) and looked up by identity: this runs for every request.
 */
export function createRequestMetrics(
  metrics: Metrics,
): (route: Route | undefined, status: number, durationMs: number) => void {
  const requests = metrics.counter("http_requests_total", "Requests answered, by route pattern and status", [
    "method",
    "route",
    "status",
  ]);
  const seconds = metrics.histogram(
    "http_request_seconds",
    "Time to answer, by route pattern",
    LATENCY_BUCKETS_SECONDS,
    ["method", "route"],
  );
  const series = new Map<Route, RouteSeries>();

  const bind = ({ method, path }: Route): RouteSeries => ({
    observe: seconds.labels(method, path).observe,
    countByStatus: new Map(),
  });
  return (route = UNMATCHED, status, durationMs) => {
    const bound = getOrSet(series, route, () => bind(route));
    bound.observe(durationMs / 1000);
    getOrSet(bound.countByStatus, status, () =>
      requests.labels(route.method, route.path, String(status)),
    ).inc();
  };
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  map.set(key, made);
  return made;
}
