export interface MicroBatcherOptions<Item, Answer> {
  readonly maxItems: number;
  /** How long the first item of a batch waits for company while another batch is away. */
  readonly maxWaitMs: number;
  readonly maxConcurrentBatches: number;
  /** One answer an item, in the items' order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>;
}

/** Gathers single items into batches, and gives each caller its own answer, or the batch's failure. */
export interface MicroBatcher<Item, Answer> {
  submit(item: Item): Promise<Answer>;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * While nothing is away, an item waits for nobody but those of the same turn. Otherwise a batch leaves when it is full, its first item
 * has waited long enough, or none is away any more; while `maxConcurrentBatches` are away, items gather, and leave as soon as one is
 * back. So batches grow with the load, and only then. Its callers bound how many wait.
 */
export function createMicroBatcher<Item, Answer>(
  options: MicroBatcherOptions<Item, Answer>,
): MicroBatcher<Item, Answer> {
  const { maxItems, maxWaitMs, maxConcurrentBatches, run } = options;
  let waiting: Waiting<Item, Answer>[] = [];
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  let awayCount = 0;

  function send(): void {
    clearTimeout(timer);
    clearImmediate(turn);
    timer = undefined;
    turn = undefined;
    if (awayCount >= maxConcurrentBatches || waiting.length === 0) return;
    const batch = waiting.slice(0, maxItems);
    waiting = waiting.slice(maxItems);
    awayCount++;
    void settle(batch, run).then(() => {
      awayCount--;
      send();
    });
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (waiting.length >= maxItems) send();
        else if (awayCount === 0) turn ??= setImmediate(send);
        else timer ??= setTimeout(send, maxWaitMs);
      }),
  };
}

async function settle<Item, Answer>(
  batch: readonly Waiting<Item, Answer>[],
  run: MicroBatcherOptions<Item, Answer>["run"],
): Promise<void> {
  try {
    const answers = await run(batch.map(({ item }) => item));
    if (answers.length !== batch.length) throw new BatchAnswerError();
    for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

/** Another number of answers than of items: none of them can be given to anybody. */
export class BatchAnswerError extends Error {
  override readonly name = "BatchAnswerError";
}
