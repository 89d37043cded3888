import { simulatedUseCase } from "@dit/simulator";
import { type OpenSink, openSink } from "../sink/open-sink.ts";
import { sampleRecords } from "../sink/sample-records.ts";
import { storeThrough, timed } from "../sink/store-through.ts";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { type Curve, pointOf } from "./curve.ts";

const BATCH_EVENTS = [2_500, 10_000, 40_000];
const EVENTS_PER_REPORT = 20;
/** Two of the largest batches. */
const EVENTS_A_TURN = 80_000;
const TURNS = 7;

/** By the clock: what a batch costs whatever its size is mostly the engine's waiting for the disk. */
export function measureSinkCurve(): Promise<Curve> {
  return inTemporaryDirectory(async (directory) => {
    const sink = await openSink(directory);
    try {
      return await measureTurns(sink);
    } finally {
      await sink.stop();
    }
  });
}

async function measureTurns(sink: OpenSink): Promise<Curve> {
  const costs = new Map<number, number[]>(BATCH_EVENTS.map((size) => [size, []]));
  // Size after size in every turn, so that a drift of the machine's speed meets all; the first turn does not count.
  for (let turn = 0; turn <= TURNS; turn++) {
    for (const [size, its] of costs) {
      await sink.restart(size);
      // A sink that starts looks through its ledger first.
      await storeThrough(sink, reports(1));
      const records = reports(EVENTS_A_TURN / EVENTS_PER_REPORT);
      const { seconds } = await timed(() => storeThrough(sink, records));
      sink.takeInserts();
      if (turn > 0) its.push((seconds * 1e6) / EVENTS_A_TURN);
    }
  }
  return {
    ...{ name: "sink", title: "The sink, from the log into the embedded warehouse" },
    ...{ sizeUnit: "events a batch", costUnit: "µs by the clock, an event" },
    points: [...costs].map(([size, its]) => pointOf(size, its)),
  };
}

function reports(count: number) {
  return sampleRecords(simulatedUseCase.useCase, count, EVENTS_PER_REPORT);
}
