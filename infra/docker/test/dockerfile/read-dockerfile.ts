import {
  Copy,
  DockerfileParser,
  type Env,
  From,
  Healthcheck,
  type Instruction,
  JSONInstruction,
  type ModifiableInstruction,
} from "dockerfile-ast";

/** One instruction after its `FROM`, its flags apart. */
export interface Step {
  readonly keyword: string;
  /** What follows keyword and flags, continued lines included. */
  readonly text: string;
  readonly flags: ReadonlyMap<string, string>;
  /** Of the JSON form; undefined in the shell form. */
  readonly argv: readonly string[] | undefined;
  /** Of ENV and ARG. */
  readonly properties: readonly (readonly [name: string, value: string | undefined])[];
  /** From 1. */
  readonly line: number;
}

export interface Stage {
  readonly name: string | undefined;
  readonly base: string;
  readonly steps: readonly Step[];
}

export function readDockerfile(text: string): Stage[] {
  const stages: { name: string | undefined; base: string; steps: Step[] }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction instanceof From) {
      const name = instruction.getBuildStage() ?? undefined;
      stages.push({ name, base: instruction.getImage() ?? "", steps: [] });
    } else stages.at(-1)?.steps.push(stepOf(instruction));
  }
  return stages;
}

function stepOf(instruction: Instruction): Step {
  const text = (instruction.getRawArgumentsContent() ?? "").trim();
  const properties = "getProperties" in instruction ? (instruction as Env).getProperties() : [];
  return {
    keyword: instruction.getKeyword(),
    text,
    flags: flagsOf(instruction),
    argv: argvOf(instruction, text),
    properties: properties.map((each) => [each.getName(), each.getValue() ?? undefined]),
    line: instruction.getRange().start.line + 1,
  };
}

function flagsOf(instruction: Instruction): Map<string, string> {
  if (!("getFlags" in instruction)) return new Map();
  const flags = (instruction as ModifiableInstruction).getFlags();
  return new Map(flags.map((flag) => [flag.getName(), flag.getValue() ?? ""]));
}

function argvOf(instruction: Instruction, text: string): string[] | undefined {
  if (instruction instanceof Copy) return text.split(/\s+/);
  const json = instruction instanceof Healthcheck ? text.replace(/^CMD\s+/, "") : text;
  if (!(instruction instanceof JSONInstruction || instruction instanceof Healthcheck)) return undefined;
  return json.startsWith("[") ? (JSON.parse(json) as string[]) : undefined;
}
