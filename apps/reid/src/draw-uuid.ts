import type { RandomBytes } from "@dit/crypto-core";

/** 128 random bits in the form of a UUID. */
export function drawUuid(random: RandomBytes): string {
  const hex = Buffer.from(random(16)).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
