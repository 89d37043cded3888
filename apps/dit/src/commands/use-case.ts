import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { adminClientOf, askAcs, serviceClientOf } from "../acs-clients.ts";
import { type Command, CommandError, type CommandIo, UsageError } from "../command.ts";
import { parseOptions } from "../parse-options.ts";
import { type Target, targetFrom } from "../target.ts";
import { useCaseProblems } from "../use-case-problems.ts";

export const useCaseCommand: Command = {
  usage: "dit use-case apply FILE.yaml | list   [--data .dit]",
  summary: "create or change a use case from its document, or list what there is",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, { data: { type: "string" } });
    const [verb, file] = positionals;
    const isList = verb === "list" && positionals.length === 1;
    const isApply = verb === "apply" && file !== undefined && positionals.length === 2;
    if (!isList && !isApply) throw new UsageError("apply FILE or list");
    const target = await targetFrom(io.env, values.data);
    if (file === undefined) return list(target, io);
    io.out(await apply(target, file));
    return 0;
  },
};

async function list(target: Target, io: CommandIo): Promise<number> {
  for (const { version, document } of await readUseCases(target)) {
    const { useCase, enabled, events, owner } = document;
    io.out(
      `${useCase}  version ${version}  ${enabled ? "enabled" : "DISABLED"}  ${Object.keys(events).length} events  ${owner}`,
    );
  }
  return 0;
}

async function apply(target: Target, file: string): Promise<string> {
  const document = await readDocument(file);
  const problems = useCaseProblems(document);
  if (problems.length > 0) throw new CommandError([`${file} is no use case:`, ...problems].join("\n  "));
  const acs = await adminClientOf(target);
  const before = await versionOf(target, document);
  const { version } = await askAcs(target, undefined, () => acs.applyUseCase(document));
  if (before === undefined) return `applied, version ${version}`;
  return version === before ? `unchanged, version ${version}` : `changed, version ${version}`;
}

/** As far as it can be known: an operator's machine may hold the administrator's secret alone. */
async function versionOf(target: Target, document: unknown): Promise<number | undefined> {
  const { useCase } = document as { readonly useCase: string };
  const useCases = await readUseCases(target).catch(() => []);
  return useCases.find((known) => known.document.useCase === useCase)?.version;
}

async function readUseCases(target: Target) {
  const acs = await serviceClientOf(target);
  const answer = await askAcs(target, undefined, () => acs.listUseCases());
  return answer === "unchanged" ? [] : answer.list.useCases;
}

/** YAML 1.2, of which JSON is a part. */
async function readDocument(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new CommandError(`cannot read ${file}`, { cause: error });
  });
  try {
    return parse(text);
  } catch (error) {
    throw new CommandError(`${file} is not YAML: ${error instanceof Error ? error.message : ""}`, {
      cause: error,
    });
  }
}
