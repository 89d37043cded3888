import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "./child.ts";
import type { Opener } from "./opener.ts";

export const KILLS = 5;

/**
 * Lets a child write, kills it with SIGKILL at a random moment once it has had writes acknowledged, and does so
 * again, on the same store. Gives the lines of every child, in order.
 */
export async function killWriters(script: string, opener: Opener): Promise<string[][]> {
  const said: string[][] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = startChild(script, opener, "write-until-killed");
    await child.said(randomInt(1, 20));
    await sleep(randomInt(0, 60));
    await child.kill();
    said.push(child.lines);
  }
  return said;
}
