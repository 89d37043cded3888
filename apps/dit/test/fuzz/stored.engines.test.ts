import { describeFuzzing } from "./describe-fuzzing.ts";
import { STORED_TARGETS } from "./targets/targets.ts";

/** Many minutes: a file for each kind of parser, so that two workers share them. */
describeFuzzing(1_000_000, STORED_TARGETS);
