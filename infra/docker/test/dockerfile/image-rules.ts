import type { Stage, Step } from "./read-dockerfile.ts";

export interface ImageFile {
  readonly stages: readonly Stage[];
  /** The project's own, of its catalog. */
  readonly nodeVersion: string;
}

/** Finds every fault of one kind. */
type Rule = (file: ImageFile) => string[];

const SECRET_NAME = /SECRET|PASSWORD|TOKEN|KEY/;
const LABELS = ["title", "description", "licenses"].map((name) => `org.opencontainers.image.${name}=`);

export const IMAGE_RULES = {
  "is built from the official image of the project's Node": ({ stages, nodeVersion }) =>
    stages
      .map(({ base }) => base.replace(/@sha256:[0-9a-f]{64}$/, ""))
      .filter((base) => base !== `node:${nodeVersion}-bookworm-slim`)
      .map((base) => `${base} is not Node ${nodeVersion}`),
  "runs as a user that is not root, by number": ({ stages }) =>
    /^[1-9]\d*:[1-9]\d*$/.test(lastOf(stages, "USER")?.text ?? "") ? [] : ["USER is not a number above 0"],
  "starts Node itself, so that signals reach it": ({ stages }) =>
    ["ENTRYPOINT", "HEALTHCHECK"].flatMap((keyword) => {
      const [program] = lastOf(stages, keyword)?.argv ?? [];
      return program === "node" ? [] : [`${keyword} does not run node in exec form`];
    }),
  "takes its files from the context and its own stages": ({ stages }) =>
    stages.flatMap(({ steps }, index) =>
      steps.flatMap(({ keyword, flags, line }) => {
        const from = flags.get("from");
        const known = stages.slice(0, index).some(({ name }) => name === from);
        if (keyword === "ADD") return [`line ${line}: ADD fetches and unpacks`];
        return from !== undefined && !known ? [`line ${line}: ${from} is no stage before it`] : [];
      }),
    ),
  "installs what the lockfile says, and runs no package's scripts": ({ stages }) =>
    stages
      .flatMap(({ steps }) => steps.filter(({ text }) => /\binstall\b/.test(text)))
      .flatMap(({ text, line }) =>
        ["--frozen-lockfile", "--prod", "--ignore-scripts"]
          .filter((option) => !text.includes(option))
          .map((option) => `line ${line}: installs without ${option}`),
      ),
  "holds no secret": ({ stages }) =>
    stages.flatMap(({ steps }) =>
      steps
        .filter(({ keyword }) => keyword === "ARG" || keyword === "ENV")
        .flatMap(({ properties, line }) =>
          properties
            .filter(([name]) => SECRET_NAME.test(name))
            .map(([name]) => `line ${line}: ${name} stays in the image`),
        ),
    ),
  "says what it is": ({ stages }) =>
    LABELS.filter((label) => !lastOf(stages, "LABEL")?.text.includes(label)).map((label) => `no ${label}`),
} satisfies Record<string, Rule>;

/** Of the stage that becomes the image. */
function lastOf(stages: readonly Stage[], keyword: string): Step | undefined {
  return stages.at(-1)?.steps.findLast((step) => step.keyword === keyword);
}
