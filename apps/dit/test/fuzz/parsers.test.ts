import { describeFuzzing } from "./describe-fuzzing.ts";
import { REQUEST_TARGETS, STORED_TARGETS } from "./targets/targets.ts";

/** A tenth of what `test:engines` sends. `DIT_FUZZ_SEED=random` explores. */
describeFuzzing(100_000, [...REQUEST_TARGETS, ...STORED_TARGETS]);
