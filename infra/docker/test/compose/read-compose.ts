import { parse } from "yaml";
import { interpolate } from "./interpolate.ts";

/** What the checks look at in a service. Its shape is the Compose Specification's, which the linter has checked before. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: {
    readonly context: string;
    readonly dockerfile: string;
    readonly args: Record<string, string>;
  };
  readonly profiles?: readonly string[] | undefined;
  readonly networks?: readonly string[];
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly init?: boolean;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly deploy?: {
    readonly resources?: {
      readonly limits?: { readonly cpus?: string; readonly memory?: string; readonly pids?: number };
    };
  };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Somebody runs it, and it ends by itself: `docker compose run`. */
export const isTool = ({ profiles }: Pick<ComposeService, "profiles">): boolean =>
  profiles?.join() === "tools";

/** Reads a compose file as Compose does with `env` as its environment: merge keys, anchors, variables. */
export function readCompose(text: string, env: Readonly<Record<string, string>> = {}): Compose {
  const { services, ...rest } = interpolate(parse(text, { merge: true }), env) as Compose;
  const asText = Object.entries(services).map(([name, { environment = {}, ...service }]) => {
    const variables = Object.entries(environment).map(([key, value]) => [key, String(value)]);
    return [name, { ...service, environment: Object.fromEntries(variables) }];
  });
  return { ...rest, services: Object.fromEntries(asText) };
}
