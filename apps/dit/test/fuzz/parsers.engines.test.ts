import { describeFuzzing } from "./describe-fuzzing.ts";

describeFuzzing(1_000_000);
