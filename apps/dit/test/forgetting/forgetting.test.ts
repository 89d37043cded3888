import { describeForgetting } from "./forgetting-suite.ts";

describeForgetting({ clients: 10_000, inEveryFile: false });
