import type { Warehouse } from "@dit/storage";
import { measureCurves } from "../measure/measure-curves.ts";
import type { HashKey } from "../measure/value-hash.ts";
import { storeCurves } from "../tables/curves.ts";
import type { MeasuredUseCase } from "./measured-use-case.ts";

/** Once for each window, when it is over: people look at curves, and nothing is decided by them. */
export async function storeWindowCurves(
  warehouse: Warehouse,
  { entry, windows }: MeasuredUseCase,
  key: HashKey,
  run: { readonly id: string; readonly nowSeconds: number },
): Promise<void> {
  const { useCase } = entry.document;
  for (const { window, final, fields } of windows) {
    if (!final) continue;
    const curves = await measureCurves(warehouse, entry, window, fields, key);
    await storeCurves(warehouse, run.id, { measuredAtSeconds: run.nowSeconds, useCase, window }, curves);
  }
}
