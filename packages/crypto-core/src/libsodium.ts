export { createLibsodiumPoprf, type LibsodiumPoprf } from "./poprf/libsodium.ts";
export type { BoundKey } from "./poprf/tweak-cache.ts";
