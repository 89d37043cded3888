import { describeServiceFuzzing } from "./describe-service-fuzzing.ts";

/** A tenth of what `test:engines` sends. `DIT_FUZZ_SEED` repeats a run. */
describeServiceFuzzing(2_000);
