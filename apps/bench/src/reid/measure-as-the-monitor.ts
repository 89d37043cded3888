import { webCryptoRandomBytes } from "@dit/crypto-core";
import { drawHashKey, measureUseCase } from "@dit/reid";
import type { Warehouse } from "@dit/storage";
import { BENCH_USE_CASE } from "./bench-table.ts";
import type { MeasuredField } from "./measured-field.ts";

/** Every field, and no pair of them. */
export async function measureAsTheMonitor(warehouse: Warehouse, window: number): Promise<MeasuredField[]> {
  const entry = { version: 1, document: BENCH_USE_CASE, blockedFields: {} };
  const key = drawHashKey(webCryptoRandomBytes);
  const measured = await measureUseCase(warehouse, entry, window, key, () => false);
  return measured.map(({ measurement }) => ({
    field: measurement.fields[0],
    values: measurement.values,
    unique: measurement.potential2.share,
    rare: measurement.potentialK.share,
    exposedPids: measurement.exposedPids.share,
    entropyBits: measurement.entropyBits,
  }));
}
