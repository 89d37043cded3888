import { randomBytes } from "node:crypto";
import { compileReportValidator, decodeReportBody } from "@dit/ingest";
import { type AcceptedReport, LIMITS, REPORTS_TOPIC, ROUTES } from "@dit/protocol";
import type { UseCase } from "@dit/protocol/schemas";
import {
  createHttpApp,
  createLogger,
  createMetrics,
  type HttpServer,
  listen,
  nowSeconds,
  readBody,
  systemClock,
  utcDay,
} from "@dit/service-kit";
import type { EventLog } from "@dit/storage";

/**
 * Ingest as it would be if reports were not anonymous: the same HTTP stack, bounds, unpacking, validation and log, and neither edge
 * nor credential in front of it.
 */
export function startPlainIngest(document: UseCase, eventLog: Pick<EventLog, "append">): Promise<HttpServer> {
  const metrics = createMetrics("ingest");
  const logger = createLogger({ service: "ingest", write: () => undefined });
  const app = createHttpApp({ service: "ingest", logger, metrics });
  const accepted = metrics.counter("events_accepted_total", "Events accepted", []);
  const check = compileReportValidator(document, {});
  app.post(ROUTES.reports(":useCase"), async (c) => {
    const body = await readBody(c.req.raw, LIMITS.maxReportBodyBytes);
    const isPacked = c.req.header("content-encoding") === "gzip";
    const checked = check(await decodeReportBody(body, isPacked ? "gzip" : ""), nowSeconds(systemClock));
    const reportId = randomBytes(16);
    const report: AcceptedReport = {
      useCase: document.useCase,
      schemaVersion: 1,
      epoch: 0,
      epochSeconds: document.epoch.seconds,
      reportId: reportId.toString("hex"),
      ingestDay: utcDay(systemClock.nowMs()),
      mayRepeat: false,
      pseudonym: checked.pseudonym,
      events: checked.events,
    };
    const value = Buffer.from(JSON.stringify(report));
    await eventLog.append(REPORTS_TOPIC, [{ key: reportId, value }]);
    accepted.inc(checked.events.length);
    return c.body(null, 202);
  });
  return listen({ fetch: app.fetch, host: "127.0.0.1", port: 0 });
}
