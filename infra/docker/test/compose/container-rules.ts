import { isTool } from "./read-compose.ts";
import { ofEachService, type Rule } from "./rule.ts";

const PINNED = /@sha256:[0-9a-f]{64}$|:v?\d+(?:\.\d+){1,3}(?:-[a-z0-9.]+)?$/;
const NUMERIC_USER = /^[1-9]\d*:\d+$/;

/** What a container may do, and what it is told about itself. */
export const CONTAINER_RULES = {
  "is built here, or an image of one version": ofEachService(({ image, build }) => [
    (image === undefined) === (build === undefined) && "has neither image nor build, or both",
    image !== undefined && !PINNED.test(image) && `${image} is not one version`,
  ]),
  "listens on loopback alone": ofEachService(({ ports = [], network_mode }) => [
    ...ports.map((port) => !port.startsWith("127.0.0.1:") && `publishes ${port}`),
    network_mode !== undefined && "has a network mode of its own",
  ]),
  "cannot change itself or gain privileges": ofEachService((service) => [
    service.read_only !== true && "is not read_only",
    service.privileged === true && "is privileged",
    service.cap_drop?.join() !== "ALL" && "does not drop all capabilities",
    service.cap_add !== undefined && "adds capabilities",
    !service.security_opt?.includes("no-new-privileges:true") && "may gain new privileges",
    service.init !== true && "has no init to reap its children",
  ]),
  "runs as a user that is not root, by number": ofEachService(({ user, build }) => [
    build === undefined && !NUMERIC_USER.test(user ?? "") && "does not name its user",
    build !== undefined && user !== undefined && "names another user than its image's",
  ]),
  "says when it is healthy": ofEachService(({ healthcheck, build, profiles }, name, { services }) => {
    const waitedFor = Object.values(services).flatMap((each) => each.depends_on?.[name]?.condition ?? []);
    const ends = waitedFor.includes("service_completed_successfully") || isTool({ profiles });
    if (healthcheck?.disable === true) return [!ends && "has its health check disabled"];
    const { test = [] } = healthcheck ?? {};
    return [
      healthcheck === undefined && build === undefined && "has no health check",
      healthcheck?.test !== undefined && test[0] !== "CMD" && "has a health check in shell form",
    ];
  }),
  "is bounded": ofEachService(({ deploy, logging }) => {
    const { cpus, memory, pids } = deploy?.resources?.limits ?? {};
    const { "max-size": size, "max-file": files } = logging?.options ?? {};
    return [
      cpus === undefined && "has no limit of processors",
      memory === undefined && "has no limit of memory",
      pids === undefined && "has no limit of processes",
      (size === undefined || files === undefined) && "has logs without an end",
    ];
  }),
  "starts in an order that ends": ofEachService(({ depends_on = {}, profiles = [] }, _, { services }) => [
    profiles.length === 0 && "has no profile: it would always run",
    ...Object.entries(depends_on).flatMap(([name, { condition }]) => {
      const other = services[name]?.profiles ?? [];
      return [
        condition === "service_started" && `waits for ${name} to start, not to be healthy`,
        !profiles.every((profile) => profile !== "core" || other.includes(profile)) &&
          `waits for ${name}, which its profile does not start`,
      ];
    }),
  ]),
} satisfies Record<string, Rule>;
