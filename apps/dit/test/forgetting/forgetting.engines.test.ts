import { describeForgetting } from "./forgetting-suite.ts";

describeForgetting({ clients: 2_000, inEveryFile: true });
