import { ROUTES } from "@dit/protocol";
import { createAdmissions, createDependencyWatches, createHttpApp } from "@dit/service-kit";
import type { Hono } from "hono";
import { cors } from "hono/cors";
import { createAccountKeys } from "./account-keys.ts";
import { createAcsMetrics } from "./acs-metrics.ts";
import { createAuthenticators } from "./authenticate/authenticators.ts";
import type { AcsContext } from "./context.ts";
import { createIssueTokens } from "./issue/issue-tokens.ts";
import { createRotationJob, type RotationJob } from "./keys/rotation-job.ts";
import { ACS_LIMITS } from "./limits.ts";
import { createConfirm } from "./redeem/confirm.ts";
import { redeems } from "./redeem/epoch-is-open.ts";
import { createMacKeyCache, DEFAULT_MAC_KEY_CACHE_BYTES } from "./redeem/mac-key-cache.ts";
import { createRedeem, type Redeem } from "./redeem/redeem.ts";
import { confirmRedemptionsRoute } from "./routes/confirm-redemptions.ts";
import { decideFieldRoute } from "./routes/decide-field.ts";
import { getFieldPolicyRoute } from "./routes/get-field-policy.ts";
import { getKeyPlanRoute } from "./routes/get-key-plan.ts";
import { getKeysRoute } from "./routes/get-keys.ts";
import { getUseCaseRoute } from "./routes/get-use-case.ts";
import { issueTokensRoute } from "./routes/issue-tokens.ts";
import { listUseCasesRoute } from "./routes/list-use-cases.ts";
import { putUseCaseRoute } from "./routes/put-use-case.ts";
import { readAuditRoute } from "./routes/read-audit.ts";
import { redeemTokensRoute } from "./routes/redeem-tokens.ts";
import { rotateKeysRoute } from "./routes/rotate-keys.ts";
import { impairedOf, requireOpenKeys } from "./use-cases/open-keys.ts";
import { createUseCaseRegistry, type UseCaseStates } from "./use-cases/registry.ts";
import { watchStores } from "./watched-stores.ts";

/** One instance of ACS without sockets and timers. */
export interface Acs {
  readonly app: Hono;
  /** What `POST ROUTES.redeem` does behind its checks of who asks and what of. */
  readonly redeem: Redeem;
  /** To be run at start and then at intervals. */
  readonly rotationJob: RotationJob;
  /** Rejects if use cases cannot be read now, or none of the keys opened: as with another key-encryption key. */
  check(): Promise<void>;
  /** Use cases of which a key cannot be opened, as of the last read. */
  impaired(): readonly string[];
  /** Overwrites every secret in memory. The stores are their opener's to close. */
  close(): void;
}

export function createAcs(given: AcsContext): Acs {
  const watchDependency = createDependencyWatches(given);
  const context = { ...given, ...watchStores(given, watchDependency) };
  const metrics = createAcsMetrics(context.metrics);
  const macKeys = createMacKeyCache(context.config.macKeyCacheBytes ?? DEFAULT_MAC_KEY_CACHE_BYTES, metrics);
  const forgetMacKeys = (states: UseCaseStates) =>
    macKeys.forget((keyEpoch) => !redeems(context, states, keyEpoch));
  const registry = createUseCaseRegistry(context, forgetMacKeys);
  const accountKeys = createAccountKeys(context);
  const authenticatorOf = createAuthenticators(context, watchDependency);
  const { issuances: admission, redemptions } = admissionsOf(context);
  const parts = { context, registry, accountKeys, authenticatorOf, macKeys, metrics, admission };
  const { logger } = context;
  const app = createHttpApp({ service: "acs", logger, metrics: context.metrics });

  const redeem = createRedeem(parts);
  const confirm = createConfirm(parts);
  const issueTokens = createIssueTokens(parts);
  const rotationJob = createRotationJob(parts);

  const id = ":useCase";
  app.use(`${ROUTES.issueTokens(id)}/*`, forBrowsers("POST"));
  app.use(`${ROUTES.keys(id)}/*`, forBrowsers("GET"));
  app.post(ROUTES.issueTokens(id), issueTokensRoute(issueTokens));
  app.get(ROUTES.keys(id), getKeysRoute(context, registry));
  app.post(ROUTES.redeem, redeemTokensRoute(context, redemptions, redeem));
  app.post(ROUTES.confirm, confirmRedemptionsRoute(context, redemptions, confirm));
  app.get(ROUTES.useCases, listUseCasesRoute(context, registry));
  app.get(ROUTES.useCase(id), getUseCaseRoute(context, registry));
  app.put(ROUTES.useCase(id), putUseCaseRoute(context, registry));
  app.get(ROUTES.fieldPolicy(id), getFieldPolicyRoute(context, registry));
  app.post(ROUTES.fieldDecisions(id), decideFieldRoute(context, registry));
  app.get(ROUTES.keyPlan(id), getKeyPlanRoute(context, registry));
  app.post(ROUTES.rotateKeys(id), rotateKeysRoute(context, registry));
  app.get(ROUTES.audit, readAuditRoute(context));
  return {
    app,
    redeem,
    rotationJob() {
      // By the clock alone, if the store should fail: an epoch ends all the same.
      forgetMacKeys(registry.latest());
      return rotationJob();
    },
    async check() {
      requireOpenKeys(await registry.refresh());
    },
    impaired: () => impairedOf(registry.latest()),
    close() {
      macKeys.close();
      registry.close();
      accountKeys.close();
    },
  };
}

/** Apart, so that a wave of clients that fetch tokens does not keep out reports. */
function admissionsOf(context: AcsContext) {
  const limits = { ...ACS_LIMITS, ...context.config.limits };
  const createAdmission = createAdmissions(context);
  return {
    issuances: createAdmission("issue", {
      min: limits.minInFlightIssuances,
      max: limits.maxInFlightIssuances,
    }),
    redemptions: createAdmission("redeem", {
      min: limits.minInFlightRedemptions,
      max: limits.maxInFlightRedemptions,
    }),
  };
}

/** The app alone: for others in the same process, who call `app.fetch`. */
export function createAcsApp(context: AcsContext): Hono {
  return createAcs(context).app;
}

/** Pages of any origin may fetch tokens: what lets an account in is its token, never a cookie. */
function forBrowsers(method: "GET" | "POST") {
  return cors({
    origin: "*",
    allowMethods: [method],
    allowHeaders: ["authorization", "content-type", "if-none-match"],
    exposeHeaders: ["etag", "retry-after"],
    maxAge: 86_400,
  });
}
