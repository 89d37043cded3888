import { writeFile } from "node:fs/promises";
import type { FieldPolicy } from "@dit/protocol/schemas";
import { adminClientOf, askAcs } from "../acs-clients.ts";
import { type Command, UsageError } from "../command.ts";
import { parseOptions } from "../parse-options.ts";
import { describeBoard } from "../reid/describe-board.ts";
import { renderPage } from "../reid/page/render-page.ts";
import { readBoard } from "../reid/read-board.ts";
import { readDetails } from "../reid/read-details.ts";
import { type Target, targetFrom } from "../target.ts";
import { dateText } from "../text-table.ts";

const DECISIONS = ["block", "unblock", "override", "clear"] as const;
type Decision = (typeof DECISIONS)[number];

const DAY_SECONDS = 86_400;
const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: DAY_SECONDS };

/** What the stored fields reveal, and what is done about it. */
export const reidCommand: Command = {
  usage:
    "dit reid report [--html FILE] | block|unblock|override|clear USE_CASE EVENT FIELD --by NAME --reason TEXT [--for 7d]   [--data .dit]",
  summary:
    "show how re-identifying each field is, or decide on one: stop collecting it, collect it again, collect it for a time although it is blocked, remove what is stored of it",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      by: { type: "string", default: "" },
      reason: { type: "string", default: "" },
      for: { type: "string", default: "" },
      html: { type: "string" },
      data: { type: "string" },
    });
    const [verb = "", ...names] = positionals;
    if (verb === "report") {
      if (names.length > 0) throw new UsageError(`${JSON.stringify(names[0])} is one too many`);
      const target = await targetFrom(io.env, values.data);
      io.out(
        values.html === undefined
          ? describeBoard(await readBoard(target))
          : await writePage(target, values.html),
      );
      return 0;
    }
    const decision = DECISIONS.find((each) => each === verb);
    if (decision === undefined) throw new UsageError(`report, ${DECISIONS.join(", ")}`);
    const [useCase, event, field, ...rest] = names;
    if (useCase === undefined || event === undefined || field === undefined || rest.length > 0) {
      throw new UsageError("name a use case, an event and a field");
    }
    const { by, reason } = values;
    if (by.trim() === "" || reason.trim() === "") {
      throw new UsageError("--by and --reason are written into the audit log");
    }
    const lasts = decision === "override" ? { untilSeconds: nowSeconds() + secondsOf(values.for) } : {};
    const target = await targetFrom(io.env, values.data);
    const acs = await adminClientOf(target);
    const body = { decision, event, field, by, reason, ...lasts } as Parameters<typeof acs.decideField>[1];
    const { policy } = await askAcs(target, useCase, () => acs.decideField(useCase, body));
    io.out(`${WORDS[decision](`${useCase}.${event}.${field}`)}\n\n${describePolicy(useCase, policy)}`);
    return 0;
  },
};

async function writePage(target: Target, file: string): Promise<string> {
  const board = await readBoard(target);
  await writeFile(file, renderPage(board, await readDetails(target, board), Date.now()));
  return `${file} is written`;
}

const WORDS: Readonly<Record<Decision, (field: string) => string>> = {
  block: (field) => `${field} is blocked: services drop it within seconds, clients when they next fetch keys`,
  unblock: (field) => `${field} is collected again; the monitor blocks it again if it still identifies`,
  override: (field) => `${field} is collected although it is blocked, until its time is over`,
  clear: (field) => `${field} will be cleared by the monitor's next run, which logs when it is done`,
};

function describePolicy(useCase: string, { blocks, overrides, clearings }: FieldPolicy): string {
  const line = (what: string, { event, field, by, reason, sinceSeconds }: FieldPolicy["blocks"][number]) =>
    `  ${event}.${field}  ${what}, by ${by} on ${dateText(sinceSeconds)}: ${reason}`;
  const lines = [
    ...blocks.map((each) => line("blocked", each)),
    ...overrides.map((each) => line(`overridden until ${dateText(each.untilSeconds)}`, each)),
    ...clearings.map((each) => line("to be cleared", each)),
  ];
  return lines.length === 0 ? `nothing of ${useCase} is blocked` : `${useCase}\n${lines.join("\n")}`;
}

/** `90m`, `12h`, `7d`. */
function secondsOf(text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (seconds === 0) throw new UsageError("--for takes how long, such as 12h or 7d");
  return seconds;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
