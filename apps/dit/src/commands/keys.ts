import { parseArgs } from "node:util";
import { adminClientFrom } from "../acs-clients.ts";
import { type Command, UsageError } from "../command.ts";

export const keysCommand: Command = {
  usage: "dit keys plan USE_CASE | rotate USE_CASE --reason TEXT   [--data .dit]",
  summary: "show a use case's primary keys and what happens to them next, or replace the current one early",
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { reason: { type: "string" }, data: { type: "string" } },
      allowPositionals: true,
    });
    const [verb, useCase, ...rest] = positionals;
    if (useCase === undefined || rest.length > 0) throw new UsageError("name one use case");
    const acs = await adminClientFrom(io.env, values.data);
    if (verb === "plan") io.out(JSON.stringify(await acs.keyPlan(useCase), undefined, 2));
    else if (verb !== "rotate") throw new UsageError("plan or rotate");
    else if (values.reason === undefined) throw new UsageError("--reason is written into the audit log");
    else io.out(JSON.stringify(await acs.rotateKeys(useCase, { reason: values.reason }), undefined, 2));
    return 0;
  },
};
