import { describeFuzzing } from "./describe-fuzzing.ts";

/** A tenth of what `test:engines` sends. `DIT_FUZZ_SEED=random` explores. */
describeFuzzing(100_000);
