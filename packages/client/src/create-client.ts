import { createNoblePoprf } from "@dit/crypto-core";
import type { UseCaseInput } from "@dit/protocol/schemas";
import { startClient } from "./core/client.ts";
import { DEFAULT_CLIENT_LIMITS } from "./core/client-limits.ts";
import type { Diagnostic } from "./core/diagnostic.ts";
import { createLosses } from "./core/losses.ts";
import type { Client, ClientOptions } from "./core/options.ts";
import { settingsOf } from "./core/settings.ts";
import { DEFAULT_TIMING } from "./core/timing.ts";
import { defaultPlatform } from "./platform/default.ts";

/**
 * A client of one use case. Throws only here, and only if an option is not what its type says; from then on nothing of it
 * throws into its host.
 */
export function createClient<const U extends UseCaseInput>(options: ClientOptions<U>): Client<U> {
  const platform = { ...defaultPlatform(), ...options.platform };
  const tell = (diagnostic: Diagnostic) => {
    try {
      options.onDiagnostic?.(diagnostic);
    } catch {
      // The host's own mistake: telling it would only throw again.
    }
  };
  const losses = createLosses((reason, count) => tell({ name: "loss", reason, count }));
  const context = {
    settings: settingsOf(options),
    platform,
    poprf: options.poprf ?? createNoblePoprf({ randomBytes: platform.randomBytes }),
    timing: { ...DEFAULT_TIMING, ...options.timing },
    limits: { ...DEFAULT_CLIENT_LIMITS, ...options.limits },
    account: options.account,
    lose: losses.add,
    tell,
  };
  return startClient(context, losses, options.consent ?? false);
}
