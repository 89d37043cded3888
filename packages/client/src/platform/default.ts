import { webCryptoRandomBytes } from "@dit/crypto-core";
import type { Platform } from "../core/platform.ts";
import { createMemoryStore } from "./memory-store.ts";

/** What browsers, workers and Node have in common; the store is in memory. */
export function defaultPlatform(): Platform {
  return {
    fetch: (url, init) => globalThis.fetch(url, init),
    nowMs: () => Date.now(),
    setTimer,
    clearTimer: (timer) => globalThis.clearTimeout(timer as ReturnType<typeof setTimeout>),
    randomBytes: webCryptoRandomBytes,
    store: createMemoryStore(),
    gzip: "CompressionStream" in globalThis ? gzip : undefined,
  };
}

/** In Node a timer keeps the process alive: telemetry is no reason to. */
function setTimer(run: () => void, delayMs: number): unknown {
  const timer: unknown = globalThis.setTimeout(run, delayMs);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Response(new Uint8Array(bytes)).body?.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream ?? null).arrayBuffer());
}
