import type { Command } from "../command.ts";
import { examine } from "../doctor/examine.ts";
import { parseOptions, positiveNumber, refusePositionals } from "../parse-options.ts";
import { targetFrom } from "../target.ts";

export const doctorCommand: Command = {
  usage: "dit doctor [--within-seconds 20] [--data .dit]",
  summary: "send one synthetic event through every hop of the running pipeline and say where it died",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      "within-seconds": { type: "string", default: "20" },
      data: { type: "string" },
    });
    refusePositionals(positionals);
    const withinMs = positiveNumber("within-seconds", values["within-seconds"]) * 1000;
    const target = await targetFrom(io.env, values.data);
    let healthy = true;
    for await (const { step, ok, detail } of examine({ ...target, withinMs })) {
      io.out(`${ok ? "ok  " : "FAIL"}  ${step.padEnd(36)}${detail}`);
      healthy &&= ok;
    }
    io.out(
      healthy
        ? "\nthe pipeline works, end to end"
        : "\nthe pipeline does not work; the first FAIL is where to look",
    );
    return healthy ? 0 : 1;
  },
};
