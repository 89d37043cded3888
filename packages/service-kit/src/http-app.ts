import { type Context, Hono } from "hono";
import { matchedRoutes } from "hono/route";
import { errorReason } from "./error-reason.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { ProblemError } from "./problem-error.ts";
import { problemResponse } from "./problem-response.ts";
import { createRequestMetrics } from "./request-metrics.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;

/**
 * An app whose every refusal is a problem document and every request is counted, by route pattern and status. An unknown
 * error becomes internal_error; its reason is logged and counted, its message is not.
 */
export function createHttpApp(options: {
  readonly service: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): Hono {
  const { logger, metrics } = options;
  const app = new Hono();
  const problems = metrics.counter("http_problems_total", "Requests refused, by problem code", ["code"]);
  const failures = metrics.counter("http_internal_errors_total", "Requests that failed here, by reason", [
    "reason",
  ]);
  const observe = createRequestMetrics(metrics);

  const answer = (error: unknown, context: Context): Response => {
    if (error instanceof ProblemError) {
      problems.inc({ code: error.code });
      return problemResponse(error.code, error);
    }
    const reason = errorReason(error);
    problems.inc({ code: "internal_error" });
    failures.inc({ reason });
    logger.error("request.failed", { reason, route: routeOf(context)?.path });
    return problemResponse("internal_error");
  };

  app.use(async (context, next) => {
    const startedMs = performance.now();
    try {
      await next();
    } catch (thrown) {
      // Hono hands only instances of Error to onError.
      context.res = answer(thrown, context);
    }
    observe(routeOf(context), context.res.status, performance.now() - startedMs);
  });
  app.onError(answer);
  app.notFound((context) => {
    const allowed = METHODS.filter((method) => hasHandler(app, method, context.req.path));
    if (allowed.length === 0) return answer(new ProblemError("not_found"), context);
    const response = answer(new ProblemError("method_not_allowed"), context);
    // RFC 9110 section 15.5.6: a 405 must say what is allowed.
    response.headers.set("allow", allowed.join(", "));
    return response;
  });
  return app;
}

interface Route {
  readonly method: string;
  readonly path: string;
}

/** The handler's own pattern; undefined if only middleware matched. Never the path that was asked for. */
function routeOf(context: Context): Route | undefined {
  const route = matchedRoutes(context).at(-1);
  return route === undefined || isMiddleware(route) ? undefined : route;
}

function isMiddleware(route: Route): boolean {
  return route.method === "ALL" && route.path.endsWith("*");
}

function hasHandler(app: Hono, method: string, path: string): boolean {
  const [handlers] = app.router.match(method, path);
  return handlers.some(([[, route]]) => !isMiddleware(route));
}
