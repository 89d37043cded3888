export { createLibsodiumPoprf, type LibsodiumPoprf } from "./poprf/libsodium.ts";
