import { describeNonInterference } from "./describe-non-interference.ts";

describeNonInterference();
