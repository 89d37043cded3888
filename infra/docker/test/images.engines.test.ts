import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory, fetchKafka } from "@dit/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCompose } from "./compose/read-compose.ts";
import { filesOf } from "./container/files-of.ts";
import { buildImage, type Image } from "./dockerfile/build-image.ts";
import { COMPOSE_FILE, DOCKERFILE, ROOT, readRepositoryFile } from "./repository.ts";
import { createLocalStores } from "./stack/local-stores.ts";
import type { StackResult, StackSetting } from "./stack/stack-result.ts";
import { type Container, startContainer } from "./stack/start-container.ts";

const run = promisify(execFile);
const SERVICES = ["acs", "dit", "edge", "ingest", "reid", "sink"];
/** Without the base image. */
const MAX_IMAGE_BYTES = 100 * 1024 ** 2;
const NODE = join(ROOT, "node_modules/node/bin/node");

const compose = readCompose(readRepositoryFile(COMPOSE_FILE));
const directory = mkdtempSync(join(tmpdir(), "dit-images-"));
const images: Record<string, Image> = {};

beforeAll(async () => {
  chmodSync(directory, 0o755);
  for (const { build } of Object.values(compose.services)) {
    if (build === undefined || images[build.args.SERVICE ?? ""] !== undefined) continue;
    const service = build.args.SERVICE ?? "";
    images[service] = await buildImage({
      dockerfile: readRepositoryFile(DOCKERFILE),
      dockerignore: readRepositoryFile(`${DOCKERFILE}.dockerignore`),
      context: ROOT,
      args: build.args,
      directory: join(directory, service),
      cache: join(cacheDirectory(), "image-builds"),
      node: NODE,
    });
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(SERVICES)("the image of %s", (service) => {
  const imageOf = () => images[service] ?? expect.fail(`${service} has no image`);

  it("holds what it needs, and no more", async ({ annotate }) => {
    const files = filesOf(join(imageOf().root, "dit"));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    await annotate(`${files.length} files, ${(bytes / 1024 ** 2).toFixed(1)} MiB`);
    expect(bytes).toBeLessThan(MAX_IMAGE_BYTES);
    // Of others' packages also their own tests are there, as they were published.
    const needless =
      /^[^@]*\/src\/.*\.test\.ts$|\/(?:typescript|vitest|@biomejs|esbuild)\/|\.(?:node|so|env)$/;
    expect(files.map(({ path }) => path).filter((path) => needless.test(path))).toEqual([]);
    const apps = readdirSync(join(imageOf().root, "dit/apps"));
    expect(apps.filter((app) => app === service || service === "dit")).toEqual(apps);
  });

  it("belongs to root, and nobody else may write to it", () => {
    const files = filesOf(join(imageOf().root, "dit"));
    expect(files.filter(({ uid, mode }) => uid !== 0 || (mode & 0o022) !== 0)).toEqual([]);
  });

  it("starts as nobody in particular, and changes nothing", async () => {
    const container = await startIdle(service, imageOf());
    const shell = (command: string) => container.run(["/bin/sh", "-c", command]);
    expect(await shell('test "$(id -u)" = 1000')).toBe(0);
    expect(await shell("grep --quiet 'CapBnd:.0000000000000000' /proc/self/status")).toBe(0);
    expect(await shell("grep --quiet 'NoNewPrivs:.1' /proc/self/status")).toBe(0);
    for (const path of ["/x", "/tmp/x", "/dit/x", "/dit/package.json", "/usr/local/bin/x"]) {
      expect(await shell(`echo >> ${path}`), path).not.toBe(0);
    }
    await container.exited;
  });
});

describe("the compose file's services, from their images", () => {
  it("come up, store what is sent, say when they are not well, and end when told to", async ({
    annotate,
  }) => {
    const result = await runStack();
    await annotate(JSON.stringify(result));
    expect(result.migrated[0]).toContain("made");
    expect(result.migrated[1]).not.toContain("made");
    expect(result.rows).toBeGreaterThan(0);
    expect(result.doctor).toContain("the pipeline works, end to end");
    expect(result.edgeIsHealthyWithoutIngest).toBe(false);
    const { kafka, ...services } = result.stopped;
    // What a JVM says that was told to end, and did what it had to.
    expect(kafka?.exitCode).toBe(143);
    for (const [name, { exitCode }] of Object.entries(services)) expect(exitCode, name).toBe(0);
  });
});

/** In a network of its own, after what needs the world's has been fetched. */
async function runStack(): Promise<StackResult> {
  await Promise.all([fetchKafka(), createLocalStores(compose, join(directory, "fetched"))]);
  const setting: StackSetting = { directory, node: NODE, images, resultPath: join(directory, "result.json") };
  const settingPath = join(directory, "setting.json");
  writeFileSync(settingPath, JSON.stringify(setting));
  const script = join(import.meta.dirname, "stack/run-stack.ts");
  const loopback = 'mount -t sysfs none /sys && echo 1 > /sys/class/net/lo/flags && exec "$@"';
  await run("unshare", ["--net", "--mount", "/bin/sh", "-c", loopback, "sh", NODE, script, settingPath], {
    maxBuffer: 16 * 1024 ** 2,
  });
  return JSON.parse(readFileSync(setting.resultPath, "utf8")) as StackResult;
}

/** A container whose own command does nothing. */
async function startIdle(name: string, image: Image): Promise<Container> {
  const hosts = join(directory, "no-hosts");
  writeFileSync(hosts, "");
  const service = {
    ...compose.services[name === "dit" ? "migrate" : name],
    entrypoint: ["/bin/true"],
    command: [],
  };
  return startContainer({
    name: `${name}-idle`,
    image,
    service,
    environment: {},
    node: NODE,
    hosts,
    directory,
  });
}
