import type { KeyPlan } from "@dit/service-kit";
import { adminClientOf, askAcs } from "../acs-clients.ts";
import { type Command, UsageError } from "../command.ts";
import { parseOptions } from "../parse-options.ts";
import { targetFrom } from "../target.ts";
import { dateText, textTable } from "../text-table.ts";

export const keysCommand: Command = {
  usage: "dit keys plan USE_CASE | rotate USE_CASE --reason TEXT   [--data .dit]",
  summary: "show a use case's primary keys and what happens to them next, or replace the current one early",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      reason: { type: "string" },
      data: { type: "string" },
    });
    const [verb, useCase, ...rest] = positionals;
    if (verb !== "plan" && verb !== "rotate") throw new UsageError("plan or rotate");
    if (useCase === undefined || rest.length > 0) throw new UsageError("name one use case");
    const target = await targetFrom(io.env, values.data);
    if (verb === "plan") {
      const acs = await adminClientOf(target);
      io.out(describePlan(await askAcs(target, useCase, () => acs.keyPlan(useCase))));
      return 0;
    }
    const { reason = "" } = values;
    if (reason.trim() === "") throw new UsageError("--reason is written into the audit log");
    const acs = await adminClientOf(target);
    const plan = await askAcs(target, useCase, () => acs.rotateKeys(useCase, { reason }));
    io.out(`${describeRotation(plan)}\n\n${describePlan(plan)}`);
    return 0;
  },
};

/** The keys, oldest first, and what an operator has to expect. */
function describePlan({ useCase, nowSeconds, keys, generateAt }: KeyPlan): string {
  const table = textTable(
    ["version", "state", "issues from", "until", "secret destroyed", "public key"],
    keys.map(({ keyVersion, state, notBefore, notAfter, destroyAt, publicKey }) => [
      String(keyVersion),
      state,
      dateText(notBefore),
      dateText(notAfter),
      dateText(destroyAt),
      publicKey,
    ]),
  );
  const next = keys.find(({ state }) => state === "next");
  const newest = Math.max(0, ...keys.map(({ keyVersion }) => keyVersion));
  const steps = [
    next && `  ${dateText(next.notBefore)}  key ${next.keyVersion} takes over`,
    generateAt !== null &&
      `  ${dateText(generateAt)}  key ${newest + 1} is generated; pin it in the next release of your apps`,
  ].filter((step) => typeof step === "string");
  const what = steps.length > 0 ? `\n\nwhat happens next\n${steps.join("\n")}` : "";
  return `keys of ${useCase} at ${dateText(nowSeconds)}\n${table}${what}`;
}

function describeRotation({ useCase, keys }: KeyPlan): string {
  const next = keys.find(({ state }) => state === "next");
  const current = keys.find(({ state }) => state === "current");
  if (next === undefined || current === undefined) return `the keys of ${useCase} are rotated`;
  const at = dateText(next.notBefore);
  return [
    `key ${next.keyVersion} of ${useCase} takes over from key ${current.keyVersion} at ${at}, with the next epoch`,
    `  apps that pin key ${next.keyVersion} go on; apps that do not stop sending then, until they are updated`,
    `  tokens of key ${current.keyVersion} are redeemed until its last epoch's grace has passed; its secret is destroyed at ${dateText(current.destroyAt)}`,
  ].join("\n");
}
