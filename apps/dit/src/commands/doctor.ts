import { parseArgs } from "node:util";
import { addressesFrom } from "../addresses.ts";
import type { Command } from "../command.ts";
import { examine } from "../doctor/examine.ts";

export const doctorCommand: Command = {
  usage: "dit doctor [--within-seconds 20]",
  summary: "send one synthetic event through every hop of the running pipeline and say where it died",
  async run(args, io) {
    const { values } = parseArgs({ args, options: { "within-seconds": { type: "string", default: "20" } } });
    const findings = examine({
      addresses: addressesFrom(io.env),
      environment: io.env.DIT_ENVIRONMENT ?? "development",
      withinMs: Number(values["within-seconds"]) * 1000,
      accessToken: io.env.DIT_DOCTOR_ACCESS_TOKEN,
    });
    let healthy = true;
    for await (const { step, ok, detail } of findings) {
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
