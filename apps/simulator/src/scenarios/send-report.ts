import { createClient } from "@dit/client";
import type { Poprf } from "@dit/crypto-core";
import { fetchAccessToken } from "../access-token.ts";
import { countDiagnostic } from "../count-diagnostic.ts";
import type { StatsCollector } from "../stats.ts";
import type { ScenarioSetting, ScenarioUseCase } from "./scenario-setting.ts";

/** A day's people have to report within seconds: no rule about time holds. */
const TIMING = {
  flushIntervalMs: 500,
  ditherMs: 0,
  minTokenAgeMs: 0,
  tokenFetchDitherMs: 0,
  fetchAheadMs: 0,
  backoffBaseMs: 200,
  backoffCapMs: 2_000,
};
const LIMITS = { walletTargetTokens: 1, walletLowWaterTokens: 1 };

/** An app that is opened once, says so and is closed: the SDK as any app uses it. Resolves when its report is accepted, lost or not awaited any more. */
export async function sendReport(options: {
  readonly setting: ScenarioSetting;
  readonly useCase: ScenarioUseCase;
  readonly account: string;
  /** By name, with their fields. */
  readonly events: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  readonly poprf: Poprf;
  readonly stats: StatsCollector;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { setting, useCase, account, events, poprf, stats, signal } = options;
  const { environment, acsUrl, edgeUrl, identityProviderUrl, clockOffsetMs } = setting;
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
  const stop = () => settle();
  signal.addEventListener("abort", stop);
  const client = createClient({
    ...{ useCase: useCase.document, pinnedKeys: useCase.pinnedKeys, environment, acsUrl, edgeUrl, poprf },
    account: () => fetchAccessToken(identityProviderUrl, account),
    consent: true,
    platform: {
      nowMs: () => Date.now() + clockOffsetMs,
      fetch: (url, init) => {
        if (url.endsWith("/reports")) stats.sent();
        return fetch(url, init);
      },
    },
    timing: TIMING,
    limits: LIMITS,
    onDiagnostic: (diagnostic) => {
      countDiagnostic(diagnostic, stats);
      if (diagnostic.name === "report_accepted" || diagnostic.name === "loss") settle();
    },
  });
  for (const [name, fields] of Object.entries(events)) client.log(name, fields);
  void client.flush();
  await settled;
  signal.removeEventListener("abort", stop);
  await client.close();
}
