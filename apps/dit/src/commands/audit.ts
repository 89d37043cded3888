import { adminClientOf, askAcs } from "../acs-clients.ts";
import type { Command } from "../command.ts";
import { parseOptions, positiveInteger, refusePositionals } from "../parse-options.ts";
import { targetFrom } from "../target.ts";
import { dateText, textTable } from "../text-table.ts";

export const auditCommand: Command = {
  usage: "dit audit [--after 0] [--limit 100] [--data .dit]",
  summary:
    "show who changed use cases and keys, and when, oldest first; --after the last number you have seen",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      after: { type: "string", default: "0" },
      limit: { type: "string", default: "100" },
      data: { type: "string" },
    });
    refusePositionals(positionals);
    const after = values.after === "0" ? 0 : positiveInteger("after", values.after);
    const limit = positiveInteger("limit", values.limit);
    const target = await targetFrom(io.env, values.data);
    const acs = await adminClientOf(target);
    const records = await askAcs(target, undefined, () => acs.readAudit({ after, limit }));
    const rows = records.map(({ sequence, atSeconds, actor, action, subject, detail }) => [
      String(sequence),
      dateText(atSeconds),
      actor,
      action,
      subject,
      JSON.stringify(detail),
    ]);
    if (rows.length > 0) io.out(textTable(["number", "at", "actor", "action", "subject", "detail"], rows));
    return 0;
  },
};
