import { createLibsodiumPoprf, createLibsodiumVoprf } from "../src/poprf/libsodium.ts";
import { createNoblePoprf, createNobleVoprf } from "../src/poprf/noble.ts";

/** Every implementation behind `Poprf`: each test of the interface runs on each, and across them. */
export const implementations = [
  { name: "noble", createPoprf: createNoblePoprf, createVoprf: createNobleVoprf },
  { name: "libsodium", createPoprf: createLibsodiumPoprf, createVoprf: createLibsodiumVoprf },
] as const;
