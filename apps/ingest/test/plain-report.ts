import { PSEUDONYM, screenView } from "./reports.ts";
import { codeOf, type Rig, START_MS, until } from "./rig.ts";

export const nowSeconds = Math.floor(START_MS / 1000);

export const body = (...events: unknown[]) => ({ pseudonym: PSEUDONYM, events });

/** Nothing is wrong with it. */
export const plainBody = body(screenView(nowSeconds));

export async function refusal(response: Response): Promise<[number, unknown]> {
  return [response.status, await codeOf(response)];
}

/** Waits until so many uses are confirmed. */
export async function confirmed(rig: Rig, count: number): Promise<void> {
  await until(async () => (await rig.metrics.value("confirmations_total")) === count);
}
