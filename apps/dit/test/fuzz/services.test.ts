import { describeServiceFuzzing } from "./describe-service-fuzzing.ts";

/** A tenth of what `test:engines` sends. `DIT_FUZZ_SEED=random` explores. */
describeServiceFuzzing(2_000);
