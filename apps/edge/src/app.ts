import { ROUTES } from "@dit/protocol";
import { createHttpApp } from "@dit/service-kit";
import type { Hono } from "hono";
import type { EdgeContext } from "./context.ts";
import { forBrowsers } from "./for-browsers.ts";
import { limitRate } from "./limit-rate.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { forwardReport } from "./routes/forward-report.ts";

type ForwardOptions = Parameters<typeof forwardReport>[0];

/** One route, for anonymous clients. Everything else is `not_found`. */
export function createEdgeApp(
  { logger, metrics }: EdgeContext,
  parts: ForwardOptions & { readonly limiter: RateLimiter },
): Hono {
  const app = createHttpApp({ service: "edge", logger, metrics });
  app.use(`${ROUTES.reports(":useCase")}/*`, forBrowsers());
  app.use(limitRate(parts.limiter));
  app.post(ROUTES.reports(":useCase"), forwardReport(parts));
  return app;
}
