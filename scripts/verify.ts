import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { GATES } from "./verify/gates.ts";
import { runGate } from "./verify/run-gate.ts";

/** Runs every gate, also after one failed. `--report <file>` writes the counts and the failures in the shape of vitest's JSON. */
const { values } = parseArgs({ options: { report: { type: "string" } } });

const failures: { status: "failed"; fullName: string; failureMessages: string[] }[] = [];
for (const gate of GATES) {
  const { name, passed, seconds, output } = await runGate(gate, join(import.meta.dirname, ".."));
  console.log(`${passed ? "ok  " : "FAIL"}  ${name.padEnd(16)}  ${seconds.toFixed(1)} s`);
  if (passed) continue;
  failures.push({ status: "failed", fullName: name, failureMessages: [output] });
  console.log(output.replaceAll(/^/gm, "      "));
}

const failed = failures.length;
console.log(
  failed === 0 ? `verify: all ${GATES.length} gates hold` : `verify: ${failed} of ${GATES.length} gates fail`,
);
if (values.report !== undefined) {
  const report = {
    success: failed === 0,
    numPassedTests: GATES.length - failed,
    numFailedTests: failed,
    testResults: [{ name: "verify", assertionResults: failures }],
  };
  writeFileSync(values.report, JSON.stringify(report));
}
process.exitCode = failed === 0 ? 0 : 1;
