import { describeFuzzing } from "./describe-fuzzing.ts";

/** A tenth of what `test:engines` sends. `DIT_FUZZ_SEED` repeats a run. */
describeFuzzing(100_000);
