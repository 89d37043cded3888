import { lstatSync, mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** What of this machine stands in for the base image. */
const BASE = ["usr", "etc", "bin", "sbin", "lib", "lib64"];
const MOUNT_POINTS = ["dev", "proc", "tmp", "root"];
const SCRIPT = join(import.meta.dirname, "enter-root.sh");
/** As the official image has it. */
const IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface Bind {
  readonly source: string;
  /** What is there is made before: a folder, or a file. */
  readonly target: string;
}

export interface EnterRoot {
  /** Made by `makeRoot`. */
  readonly root: string;
  /** Of this machine. */
  readonly node: string;
  /** The folder of the npm package, where the command may use it. */
  readonly npm?: string;
  /** A file of lines as in /etc/hosts. */
  readonly hosts: string;
  readonly tmpfs?: readonly string[];
  /** Files and folders of this machine that are found at the target for as long as the command runs. */
  readonly binds?: readonly Bind[];
  readonly readOnly: boolean;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Without it: root, as while an image is built. With it: no privileges and no way to any, as compose.yaml has it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly argv: readonly string[];
}

/** An empty file system, into which the base image's part is mounted when it is entered. */
export function makeRoot(root: string): void {
  for (const name of MOUNT_POINTS) mkdirSync(join(root, name), { recursive: true });
  for (const name of BASE) {
    const stat = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(root, name));
    else if (stat?.isDirectory()) mkdirSync(join(root, name));
  }
}

/** The program to start, its arguments and environment. It replaces itself by the command, whose process id is therefore its own. */
export function enterRoot(options: EnterRoot): {
  command: string;
  args: string[];
  env: Record<string, string>;
} {
  const {
    root,
    node,
    npm,
    hosts,
    tmpfs = [],
    binds = [],
    readOnly,
    workdir,
    environment,
    user,
    argv,
  } = options;
  const base = BASE.filter((name) => lstatSync(`/${name}`, { throwIfNoEntry: false })?.isDirectory());
  const inside = ["env", "--ignore-environment", `--chdir=${workdir}`, `PATH=${IMAGE_PATH}`];
  const variables = Object.entries(environment).map((pair) => pair.join("="));
  return {
    command: "unshare",
    args: ["--mount", "--", SCRIPT, ...inside, ...variables, ...privileges(user), ...argv],
    env: {
      PATH: IMAGE_PATH,
      ROOT: root,
      BASE: base.join(" "),
      HOSTS: hosts,
      NODE: node,
      NPM: npm ?? "",
      TMPFS: tmpfs.join(" "),
      BINDS: binds.map(({ source, target }) => `${source}:${target}`).join(" "),
      READ_ONLY: String(readOnly),
    },
  };
}

function privileges(user: EnterRoot["user"]): string[] {
  const dropped = user && [
    ...[`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"],
    ...["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"],
  ];
  return ["setpriv", ...(dropped ?? []), "--pdeathsig=KILL", "--"];
}
