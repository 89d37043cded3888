import { ROUTES } from "@dit/protocol";
import { createHttpApp } from "@dit/service-kit";
import type { Hono } from "hono";
import type { IngestContext } from "./context.ts";
import type { Intake } from "./intake.ts";
import { acceptReport } from "./routes/accept-report.ts";

/** One route, for the edge. */
export function createIngestApp({ logger, metrics }: IngestContext, intake: Intake): Hono {
  const app = createHttpApp({ service: "ingest", logger, metrics });
  app.post(ROUTES.reports(":useCase"), acceptReport(intake));
  return app;
}
