/** The issue pool's worker, but for batches of three: those take the thread down. */
import type { IssueAnswer, IssueTask } from "../../src/issue/issue-task.ts";
import { evaluateBatch as evaluate } from "../../src/issue/issue-worker.ts";

export async function evaluateBatch(task: IssueTask): Promise<IssueAnswer> {
  if (task.blinded.length === 3 * 32) process.exit(1);
  return evaluate(task);
}
