import { describeServiceFuzzing } from "./describe-service-fuzzing.ts";

describeServiceFuzzing(20_000);
