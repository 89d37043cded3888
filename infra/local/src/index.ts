export type { LocalEngine } from "./local-engine.ts";
