import { describeCanaries } from "./describe-canaries.ts";

describeCanaries();
