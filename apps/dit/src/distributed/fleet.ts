import { join } from "node:path";
import { CommandError } from "../command.ts";
import { freePorts } from "./free-ports.ts";
import { readLogTail } from "./log-tail.ts";
import { type DeploymentSetting, planService, SERVICE_KINDS, type ServiceKind } from "./service-plan.ts";
import { createServiceProcess, type ServiceProcess } from "./service-process.ts";

/** The services' processes of one deployment. */
export interface Fleet {
  /** All that were ever added, running or not. */
  readonly services: readonly ServiceProcess[];
  of(kind: ServiceKind): readonly ServiceProcess[];
  /** By its name, such as `sink-2`. Throws if there is none. */
  service(name: string): ServiceProcess;
  /** One more instance, not started: `sink-3` after `sink-2`. The n-th of a kind speaks to the n-th of the next hop. */
  add(kind: ServiceKind): Promise<ServiceProcess>;
  /** Starts those of these kinds that do not run, and resolves once they are ready. */
  start(kinds: readonly ServiceKind[]): Promise<void>;
  /** What ended without being told to, each with the end of its log. */
  failures(): Promise<string[]>;
  /** Edges first, so that what was accepted is stored. Throws CommandError if one did not stop as it should. */
  stop(): Promise<void>;
  /** All at once, without letting them finish anything. */
  kill(): Promise<void>;
}

/** Whom they call; an edge calls ingest. */
const UPSTREAM = { acs: undefined, sink: "acs", reid: "acs", ingest: "acs", edge: "ingest" } as const;

export function createFleet(setting: DeploymentSetting, logDirectory: string): Fleet {
  const services: ServiceProcess[] = [];
  const of = (kind: ServiceKind | undefined) => services.filter(({ plan }) => plan.kind === kind);

  async function stopAll(kind: ServiceKind): Promise<string[]> {
    const stopped = await Promise.all(
      of(kind).map(async (service) => {
        const code = await service.stop();
        if (code === undefined || code === 0) return [];
        return [
          `${service.name} did not stop as it should (${code}):\n${await readLogTail(service.logPath)}`,
        ];
      }),
    );
    return stopped.flat();
  }

  return {
    services,
    of,
    service(name) {
      const found = services.find((service) => service.name === name);
      if (found === undefined) throw new Error(`there is no ${name}`);
      return found;
    },
    async add(kind) {
      const [listenPort = 0, adminPort = 0] = await freePorts(2);
      const number = of(kind).length + 1;
      const upstreams = of(UPSTREAM[kind]);
      const upstreamUrl = upstreams[(number - 1) % upstreams.length]?.plan.url ?? "";
      const plan = planService(kind, { number, ports: [listenPort, adminPort], upstreamUrl }, setting);
      const service = createServiceProcess(plan, join(logDirectory, `${plan.name}.log`));
      services.push(service);
      return service;
    },
    async start(kinds) {
      const stopped = services.filter(({ plan, pid }) => kinds.includes(plan.kind) && pid === undefined);
      await Promise.all(stopped.map((service) => service.start()));
      await Promise.all(stopped.map((service) => service.untilReady()));
    },
    async failures() {
      const failures = await Promise.all(services.map((service) => service.failure()));
      return failures.filter((failure) => failure !== undefined);
    },
    async stop() {
      const problems: string[] = [];
      for (const kind of SERVICE_KINDS.toReversed()) problems.push(...(await stopAll(kind)));
      if (problems.length > 0) throw new CommandError(problems.join("\n\n"));
    },
    async kill() {
      await Promise.all(services.map((service) => service.kill()));
    },
  };
}
