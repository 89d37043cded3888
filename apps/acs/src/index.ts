export { createAcsMetrics } from "./acs-metrics.ts";
export { type Acs, createAcs, createAcsApp } from "./app.ts";
export type { AccountId, Authenticator } from "./authenticate/authenticator.ts";
export { type AcsConfig, loadAcsConfig } from "./config.ts";
export type { AcsContext, AcsSettings, IssuerPoprf } from "./context.ts";
export { openIssuePool } from "./issue/issue-pool.ts";
export { type AcsService, createAcsService } from "./service.ts";
