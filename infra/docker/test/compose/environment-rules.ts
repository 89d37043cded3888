import { loadAcsConfig } from "@dit/acs";
import { loadEdgeConfig } from "@dit/edge";
import { loadIngestConfig } from "@dit/ingest";
import { loadReidConfig } from "@dit/reid";
import { ConfigError } from "@dit/service-kit";
import { loadSinkConfig } from "@dit/sink";
import { readRepositoryFile } from "../repository.ts";
import { ofEachService, type Rule } from "./rule.ts";

type Environment = Readonly<Record<string, string>>;

/** What each image reads its environment with. */
const LOADERS: Readonly<Record<string, (env: Environment) => { readonly adminPort: number }>> = {
  acs: loadAcsConfig,
  edge: loadEdgeConfig,
  ingest: loadIngestConfig,
  reid: loadReidConfig,
  sink: loadSinkConfig,
};

/** Of every part, the command line's included: the page is made from the schemas. */
const KNOWN = new Set(readRepositoryFile("docs/CONFIGURATION.md").match(/\bDIT_[A-Z_]+\b/g));

export const ENVIRONMENT_RULES = {
  "has variables that there are": ofEachService(({ environment = {} }) =>
    Object.keys(environment).map(
      (name) => name.startsWith("DIT_") && !KNOWN.has(name) && `there is no ${name}`,
    ),
  ),
  "is configured as its service understands": ofEachService(({ build, environment = {} }) => {
    const load = LOADERS[build?.args.SERVICE ?? ""];
    if (load === undefined) return [];
    try {
      const { adminPort } = load(environment);
      const { ADMIN_PORT } = build?.args ?? {};
      return [
        String(adminPort) !== ADMIN_PORT && `is asked for its health at ${ADMIN_PORT}, not ${adminPort}`,
      ];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  }),
} satisfies Record<string, Rule>;
