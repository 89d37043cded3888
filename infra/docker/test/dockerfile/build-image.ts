import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, posix } from "node:path";
import { promisify } from "node:util";
import { enterRoot, makeRoot } from "../container/enter-root.ts";
import { contextFiles } from "./context-files.ts";
import { readDockerfile, type Stage, type Step } from "./read-dockerfile.ts";

const run = promisify(execFile);

export interface Image {
  /** The file tree, at the paths that it has in a container. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
}

export interface BuildOptions {
  readonly dockerfile: string;
  readonly dockerignore: string;
  /** The build context. */
  readonly context: string;
  readonly args: Readonly<Record<string, string>>;
  /** Becomes the stages' file systems. */
  readonly directory: string;
  /** Outlives the build, as a builder's cache does. */
  readonly cache: string;
  readonly node: string;
}

interface Building {
  readonly root: string;
  environment: Record<string, string>;
  /** Arguments that the stage declared. */
  args: Record<string, string>;
  workdir: string;
  user: Image["user"];
  entrypoint: readonly string[];
  healthcheck: readonly string[];
}

/**
 * Follows a Dockerfile's own steps, without a Docker engine: COPY from the build context or an earlier stage, RUN in the stage's file system.
 * The base image is not fetched: this machine's system and the project's Node stand in for it. Rejects an instruction it does not know.
 */
export async function buildImage(options: BuildOptions): Promise<Image> {
  const built = new Map<string, Building>();
  let last: Building | undefined;
  for (const stage of readDockerfile(options.dockerfile)) {
    last = await buildStage(stage, options, built);
    built.set(stage.name ?? String(built.size), last);
  }
  if (last === undefined) throw new Error("the Dockerfile has no stage");
  return last;
}

async function buildStage(
  stage: Stage,
  options: BuildOptions,
  built: ReadonlyMap<string, Building>,
): Promise<Building> {
  mkdirSync(options.directory, { recursive: true });
  const root = mkdtempSync(join(options.directory, "stage-"));
  chmodSync(root, 0o755);
  makeRoot(root);
  const building: Building = {
    ...{ root, environment: {}, args: {}, workdir: "/", user: undefined, entrypoint: [], healthcheck: [] },
  };
  for (const step of stage.steps) await follow(step, building, options, built);
  return building;
}

async function follow(
  step: Step,
  building: Building,
  options: BuildOptions,
  built: ReadonlyMap<string, Building>,
): Promise<void> {
  const expand = (text: string) => expandVariables(text, { ...building.args, ...building.environment });
  switch (step.keyword) {
    case "ARG":
      for (const [name, fallback] of step.properties) {
        const value = options.args[name] ?? fallback;
        if (value !== undefined) building.args[name] = value;
      }
      return;
    case "ENV":
      for (const [name, value = ""] of step.properties) building.environment[name] = expand(value);
      return;
    case "WORKDIR":
      building.workdir = posix.resolve(building.workdir, expand(step.text));
      mkdirSync(join(building.root, building.workdir), { recursive: true });
      return;
    case "USER": {
      const [uid = Number.NaN, gid = Number.NaN] = step.text.split(":").map(Number);
      building.user = { uid, gid };
      return;
    }
    case "COPY":
      return copy(step, building, options, built);
    case "RUN":
      return runStep(step, building, options);
    case "HEALTHCHECK":
      building.healthcheck = inExecForm(step);
      return;
    case "ENTRYPOINT":
      building.entrypoint = inExecForm(step);
      return;
    case "LABEL":
      return;
    default:
      throw new Error(`line ${step.line}: ${step.keyword} is not known here`);
  }
}

async function copy(
  step: Step,
  building: Building,
  options: BuildOptions,
  built: ReadonlyMap<string, Building>,
): Promise<void> {
  const [source = "", target = "", ...more] = step.argv ?? [];
  if (more.length > 0) throw new Error(`line ${step.line}: COPY of several sources is not known here`);
  const to = join(building.root, posix.resolve(building.workdir, target));
  const from = step.flags.get("from");
  if (from === undefined) {
    if (source !== ".") throw new Error(`line ${step.line}: COPY of a part of the context is not known here`);
    for (const path of contextFiles(options.context, options.dockerignore)) {
      cpSync(join(options.context, path), join(to, path));
    }
    return;
  }
  const stage = built.get(from);
  if (stage === undefined) throw new Error(`line ${step.line}: there is no stage ${from} before it`);
  mkdirSync(to, { recursive: true });
  // A stage is not written to any more: its files may be the same, not copies.
  await run("cp", ["--archive", "--link", `${join(stage.root, source)}/.`, to]);
}

async function runStep(step: Step, building: Building, options: BuildOptions): Promise<void> {
  const { type, target } = Object.fromEntries(
    (step.flags.get("mount") ?? "").split(",").map((part) => part.split("=")),
  );
  if (type !== "cache" || target === undefined)
    throw new Error(`line ${step.line}: RUN needs its cache mount`);
  mkdirSync(options.cache, { recursive: true });
  const { command, args, env } = enterRoot({
    root: building.root,
    node: options.node,
    npm: await npmFolder(),
    hosts: "/etc/hosts",
    binds: [{ source: options.cache, target }, ...npmSettings(options.cache, target)],
    readOnly: false,
    workdir: building.workdir,
    environment: { HOME: "/root", ...networkSettings(), ...building.args, ...building.environment },
    argv: ["/bin/sh", "-c", step.text],
  });
  await run(command, args, { env, maxBuffer: 16 * 1024 ** 2 });
}

/** Where packages come from on this machine. */
function npmSettings(cache: string, target: string): { source: string; target: string }[] {
  const source = join(homedir(), ".npmrc");
  if (!existsSync(source)) return [];
  writeFileSync(join(cache, ".npmrc"), "");
  return [{ source, target: `${target}/.npmrc` }];
}

/** The npm package that this machine's `npm` belongs to. */
async function npmFolder(): Promise<string> {
  const { stdout } = await run("/bin/sh", ["-c", "command -v npx"]);
  return dirname(dirname(realpathSync(stdout.trim())));
}

/** How packages are reached from this machine: what a builder is configured with. */
function networkSettings(): Record<string, string> {
  const known = /^(https?_proxy|no_proxy|node_extra_ca_certs|npm_config_registry)$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      known.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

function inExecForm({ argv, keyword, line }: Step): readonly string[] {
  if (argv === undefined) throw new Error(`line ${line}: ${keyword} must be in exec form`);
  return argv;
}

function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables[name] ?? "");
}
