import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Curve, type CurvePoint, pointOf } from "./curve.ts";

const CLIENTS = [50, 200, 800];
const EVENTS_PER_CLIENT_SECOND = 5;
const SECONDS = 15;
const TURNS = 3;
const POLL_MS = 100;
/** `/proc/<pid>/stat` counts in these, on every Linux that Node has. */
const MICROSECONDS_PER_TICK = 10_000;

const DIT = fileURLToPath(new URL("../../../dit/src/main.ts", import.meta.url));

/** The whole of one box, engines and clients included, as more clients each do the same. */
export async function measurePipelineCurve(): Promise<Curve> {
  const points: CurvePoint[] = [];
  for (const clients of CLIENTS) {
    const costs: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) costs.push(await microsecondsAnEvent(clients));
    points.push(pointOf(clients, costs));
  }
  return {
    ...{ name: "pipeline", title: "The pipeline in one box, clients included", points },
    ...{
      sizeUnit: `clients, ${EVENTS_PER_CLIENT_SECOND} events a second each`,
      costUnit: "µs of a core, an event",
    },
  };
}

async function microsecondsAnEvent(clients: number): Promise<number> {
  const load = { clients, "events-per-second": clients * EVENTS_PER_CLIENT_SECOND, seconds: SECONDS };
  const options = Object.entries(load).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [DIT, "demo", ...options, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  let spent = 0;
  const timer = setInterval(async () => {
    spent = await processorMicroseconds(child.pid ?? 0).catch(() => spent);
  }, POLL_MS);
  const [exitCode] = await once(child, "close");
  clearInterval(timer);
  if (exitCode !== 0) throw new Error(`the demo with ${clients} clients ended with ${exitCode}`);
  const { eventsAccepted } = JSON.parse(output) as { readonly eventsAccepted: number };
  return spent / eventsAccepted;
}

/** What the process has used so far, user and system; threads that have ended included. */
async function processorMicroseconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const [, , , , , , , , , , , user, system] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(user) + Number(system)) * MICROSECONDS_PER_TICK;
}
