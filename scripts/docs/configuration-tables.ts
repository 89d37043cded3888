import { acsConfigSchema } from "../../apps/acs/src/config.ts";
import { identityProviderSchema, warehouseSchema } from "../../apps/dit/src/pipeline/pipeline-config.ts";
import { PREFIXES, sharedConfigSchema } from "../../apps/dit/src/shared-config.ts";
import { targetVariablesSchema } from "../../apps/dit/src/target.ts";
import { edgeConfigSchema } from "../../apps/edge/src/config.ts";
import { ingestConfigSchema } from "../../apps/ingest/src/config.ts";
import { reidConfigSchema } from "../../apps/reid/src/config.ts";
import { sinkConfigSchema } from "../../apps/sink/src/config.ts";
import { type ConfigKey, configKeys } from "../../packages/service-kit/src/index.ts";

/** The tables of docs/CONFIGURATION.md: every variable, from the schemas that read it. */
export function configurationTables(): Record<string, string> {
  const { acs, edge, ingest, sink, reid, warehouse, identityProvider, target } = PREFIXES;
  return {
    shared: tableOf(configKeys(sharedConfigSchema, "DIT")),
    acs: tableOf(configKeys(acsConfigSchema, acs)),
    edge: tableOf(configKeys(edgeConfigSchema, edge)),
    ingest: tableOf(configKeys(ingestConfigSchema, ingest)),
    sink: tableOf(configKeys(sinkConfigSchema, sink)),
    reid: tableOf(configKeys(reidConfigSchema, reid)),
    warehouse: tableOf(configKeys(warehouseSchema, warehouse)),
    "identity-provider": tableOf(configKeys(identityProviderSchema, identityProvider)),
    target: tableOf(configKeys(targetVariablesSchema, target)),
  };
}

function tableOf(keys: readonly ConfigKey[]): string {
  const rows = keys.map(
    (key) => `| \`${key.variable}\` | ${takesOf(key)} | ${defaultOf(key)} | ${key.description} |`,
  );
  return ["| variable | takes | default | for |", "|---|---|---|---|", ...rows].join("\n");
}

function takesOf({ takes, isSecret }: ConfigKey): string {
  return isSecret ? `**secret**, ${takes}` : takes;
}

function defaultOf({ defaultText, isRequired }: ConfigKey): string {
  if (defaultText !== undefined) return `\`${defaultText}\``;
  return isRequired ? "required" : "";
}
