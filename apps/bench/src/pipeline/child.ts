import { processorSeconds } from "../table/interleave.ts";
import type { BenchPipeline } from "./bench-pipeline.ts";
import type { Question } from "./pipeline-process.ts";
import { startPlain } from "./start-plain.ts";
import { startWhole } from "./start-whole.ts";

/** `<whole|plain> <directory>`: a pipeline that answers its parent's questions, one at a time, and tells its addresses first. */
const [kind, directory = ""] = process.argv.slice(2);
// A bench that was killed leaves nothing behind that works on.
process.once("disconnect", () => process.exit());
const pipeline: BenchPipeline = await (kind === "plain" ? startPlain(directory) : startWhole(directory));

const ANSWERS: Readonly<Record<Question, () => Promise<number>>> = {
  pending: pipeline.pending,
  rows: pipeline.rows,
  processorSeconds: async () => processorSeconds(),
  stop: async () => {
    await pipeline.stop();
    return 0;
  },
};

process.on("message", async (question: Question) => {
  process.send?.(await ANSWERS[question]());
  if (question === "stop") process.disconnect();
});
process.send?.(pipeline.addresses);
