import { randomBytes, randomInt } from "node:crypto";
import { toBase64Url } from "@dit/crypto-core";
import type { AcceptedReport } from "@dit/protocol";
import { utcDay } from "@dit/service-kit";
import type { simulatedUseCase } from "@dit/simulator";
import type { AppendRecord } from "@dit/storage";
import { sampleEvents } from "../capacity/sample-events.ts";

const DAY_SECONDS = 86_400;
/** How long clients kept their events back. */
const DITHER_SECONDS = 3_600;

/** Records of the event log as ingest appends them, of as many clients. */
export function sampleRecords(
  useCase: (typeof simulatedUseCase)["useCase"],
  count: number,
  eventsPerReport: number,
): AppendRecord[] {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return Array.from({ length: count }, () => {
    const reportId = randomBytes(16);
    const report: AcceptedReport = {
      useCase,
      schemaVersion: 1,
      epoch: Math.floor(nowSeconds / DAY_SECONDS),
      epochSeconds: DAY_SECONDS,
      reportId: reportId.toString("hex"),
      ingestDay: utcDay(nowSeconds * 1_000),
      mayRepeat: false,
      pseudonym: toBase64Url(new Uint8Array(randomBytes(16))),
      events: sampleEvents(eventsPerReport, nowSeconds - randomInt(DITHER_SECONDS)),
    };
    return { key: reportId, value: Buffer.from(JSON.stringify(report)) };
  });
}
