import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { AcsClient } from "@dit/service-kit";
import { parse } from "yaml";
import { adminClientFrom, serviceClientFrom } from "../acs-clients.ts";
import { type Command, CommandError, type CommandIo, UsageError } from "../command.ts";

export const useCaseCommand: Command = {
  usage: "dit use-case apply FILE.yaml | list   [--data .dit]",
  summary: "create or change a use case from its document, or list what there is",
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { data: { type: "string" } },
      allowPositionals: true,
    });
    const [verb, file] = positionals;
    if (verb === "list" && positionals.length === 1)
      return list(await serviceClientFrom(io.env, values.data), io);
    if (verb !== "apply" || file === undefined || positionals.length > 2)
      throw new UsageError("apply FILE or list");
    const acs = await adminClientFrom(io.env, values.data);
    const { version } = await acs.applyUseCase(await readDocument(file));
    io.out(`applied, version ${version}`);
    return 0;
  },
};

async function list(acs: AcsClient, io: CommandIo): Promise<number> {
  const answer = await acs.listUseCases();
  for (const { version, document } of answer === "unchanged" ? [] : answer.list.useCases) {
    const { useCase, enabled, events, owner } = document;
    io.out(
      `${useCase}  version ${version}  ${enabled ? "enabled" : "DISABLED"}  ${Object.keys(events).length} events  ${owner}`,
    );
  }
  return 0;
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
