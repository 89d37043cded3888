import { validate } from "dockerfile-utils";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { contextFiles, isSent, readPatterns } from "./dockerfile/context-files.ts";
import { IMAGE_RULES } from "./dockerfile/image-rules.ts";
import { readDockerfile } from "./dockerfile/read-dockerfile.ts";
import { DOCKERFILE, ROOT, readRepositoryFile } from "./repository.ts";

const text = readRepositoryFile(DOCKERFILE);
const dockerignore = readRepositoryFile(`${DOCKERFILE}.dockerignore`);
const { catalog } = parse(readRepositoryFile("pnpm-workspace.yaml")) as { catalog: Record<string, string> };
const fileOf = (changed: string) => ({ stages: readDockerfile(changed), nodeVersion: catalog.node ?? "" });
const lint = (changed: string) => validate(changed).map(({ message }) => message);

/** What each rule is for: a change of the file, and what is said about it. */
const PLANTED: Readonly<
  Record<keyof typeof IMAGE_RULES, readonly (readonly [from: string, to: string, said: string])[]>
> = {
  "is built from the official image of the project's Node": [
    ["node:24.21.0-bookworm-slim AS build", "node:lts AS build", "node:lts is not Node"],
    ["node:24.21.0", "node:24.20.0", "node:24.20.0-bookworm-slim is not Node"],
  ],
  "runs as a user that is not root, by number": [
    ["USER 1000:1000", "USER node", "USER is not a number above 0"],
    ["USER 1000:1000", "", "USER is not a number above 0"],
  ],
  "starts Node itself, so that signals reach it": [
    ['ENTRYPOINT ["node", "src/main.ts"]', "ENTRYPOINT node src/main.ts", "ENTRYPOINT does not run node"],
    ['ENTRYPOINT ["node"', 'ENTRYPOINT ["npx", "node"', "ENTRYPOINT does not run node"],
    ['CMD ["node", "/dit/healthcheck.ts"]', "CMD curl localhost", "HEALTHCHECK does not run node"],
  ],
  "takes its files from the context and its own stages": [
    ["COPY . .", "ADD https://example.org/a.tar .", "ADD fetches"],
    ["--from=build", "--from=busybox", "busybox is no stage before it"],
  ],
  "installs what the lockfile says, and runs no package's scripts": [
    ["--frozen-lockfile ", "", "installs without --frozen-lockfile"],
    ["--ignore-scripts ", "", "installs without --ignore-scripts"],
  ],
  "holds no secret": [["ARG ADMIN_PORT", "ARG NPM_TOKEN", "NPM_TOKEN stays in the image"]],
  "says what it is": [["image.title", "image.name", "no org.opencontainers.image.title="]],
};

describe("the Dockerfile", () => {
  it("is one to the linter", () => {
    expect(lint(text)).toEqual([]);
  });

  it.each([
    ["--from=build", "--form=build", "Unknown flag: form"],
    ["HEALTHCHECK --interval=15s", "HEALTHCHECK --interval=15", "time: missing unit in duration 15"],
    ["WORKDIR /build", "WORKDIRS /build", "Unknown instruction: WORKDIRS"],
    ["    && mkdir /image \\\n", "    && mkdir /image \\\n\n", "Empty continuation line"],
  ])("and the linter sees %s become %s", (from, to, said) => {
    expect(lint(planted(from, to)).join("\n")).toContain(said);
  });

  describe.each(Object.entries(IMAGE_RULES))("%s", (name, rule) => {
    it("holds", () => {
      expect(rule(fileOf(text))).toEqual([]);
    });

    it.each(PLANTED[name as keyof typeof PLANTED])("finds %s as %s", (from, to, said) => {
      expect(rule(fileOf(planted(from, to))).join("\n")).toContain(said);
    });
  });
});

describe("the build context", () => {
  const patterns = readPatterns(dockerignore);

  it("is made of sources, manifests and the lockfile", () => {
    const kind =
      /^(package\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.npmrc)$|^(apps|packages|infra)\/[^/]+\/(package\.json$|src\/)/;
    const files = contextFiles(ROOT, dockerignore);
    expect(files.filter((path) => !kind.test(path))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(["apps/acs/src/main.ts", "pnpm-lock.yaml"]));
  });

  it.each([
    "infra/compose/.env",
    ".env",
    ".git/config",
    ".dit/secrets/key-encryption-key",
    "apps/acs/src/secret.test.ts",
    "apps/acs/test/rig.ts",
    "apps/acs/node_modules/x/index.js",
    "docs/OPERATIONS.md",
    "packages/storage/src/counters/contract.ts",
  ])("has no %s", (path) => {
    expect(isSent(path, patterns)).toBe(false);
  });

  it.each([
    "apps/acs/src/main.ts",
    "apps/acs/src/routes/get-keys.ts",
    "packages/protocol/package.json",
    ".npmrc",
  ])("has %s", (path) => {
    expect(isSent(path, patterns)).toBe(true);
  });

  it("lets everything in where nothing is said", () => {
    expect(isSent("secrets/key", readPatterns("# nothing\n"))).toBe(true);
  });
});

function planted(from: string, to: string): string {
  const changed = text.replaceAll(from, to);
  if (changed === text) throw new Error(`the Dockerfile has no ${from}`);
  return changed;
}
