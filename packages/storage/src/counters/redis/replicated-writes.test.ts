import { expect, it } from "vitest";
import { deadlineIn } from "./deadline.ts";
import type { RedisCommand } from "./node.ts";
import { createReplicatedWrites } from "./replicated-writes.ts";

/** A server whose answers the test gives: how many replicas have it. */
function createServer() {
  const sent: { commands: readonly RedisCommand[]; answer: (replicas: number) => void }[] = [];
  const write = createReplicatedWrites(
    (commands) => {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const names = commands.slice(0, -1).map(([name]) => `did ${String(name)}`);
      sent.push({ commands, answer: (replicas) => resolve([...names, replicas]) });
      return promise;
    },
    { replicas: 2, replicationTimeoutMs: 100 },
  );
  return {
    sent,
    write: (...names: string[]) =>
      write(
        names.map((name) => [name]),
        deadlineIn(1_000),
      ),
  };
}

it("waits once for all that was to be written meanwhile, and gives each its own answers", async () => {
  const { sent, write } = createServer();
  const first = write("A");
  const [second, third] = [write("B", "C"), write("D")];
  expect(sent.map(({ commands }) => commands)).toEqual([[["A"], ["WAIT", "2", "100"]]]);
  sent[0]?.answer(2);
  expect(await first).toEqual(["did A"]);
  expect(sent[1]?.commands).toEqual([["B"], ["C"], ["D"], ["WAIT", "2", "100"]]);
  sent[1]?.answer(3);
  expect(await Promise.all([second, third])).toEqual([["did B", "did C"], ["did D"]]);
});

it("refuses all that was waited for together if too few have it, and goes on", async () => {
  const { sent, write } = createServer();
  const first = write("A");
  const later = [write("B"), write("C")].map((each) => each.catch(String));
  sent[0]?.answer(2);
  await first;
  sent[1]?.answer(1);
  for (const reason of await Promise.all(later)) expect(reason).toMatch(/1 of 2 replicas had it in time/);
  const next = write("D");
  sent[2]?.answer(2);
  expect(await next).toEqual(["did D"]);
});
