import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, Secret } from "@dit/service-kit";
import type { Documents } from "@dit/storage";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createWebhookSink } from "../../src/alert/webhook-sink.ts";
import type { Alert } from "../../src/monitor/alert.ts";
import { deliverOutbox, outboxChanges } from "../../src/monitor/outbox.ts";
import { makeAlert } from "../make-alert.ts";
import { createDocumentedWebhook, type DocumentedWebhook } from "./documented-webhook.ts";
import { type Received, type Receiver, startReceiver } from "./receiver.ts";

const OLD = "what both have known, of 32 characters";
const NEW = "ÿ what both know from now on, of 32 characters";
const START_SECONDS = 1_790_000_000;

let path: string;
let documents: Documents;
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "dit-webhook-"));
});
afterAll(() => rm(path, { recursive: true }));

let outboxes = 0;
let nowSeconds: number;
let secrets: readonly string[];
let webhook: DocumentedWebhook;
let receiver: Receiver;
/** Instead of what the webhook says of a request; it has not seen it then. */
let answerInstead: (alert: Alert) => number | string | undefined;
/** What the webhook takes, and whoever sent it never learns. */
let answerIsLost: boolean;

beforeEach(async () => {
  documents = await openLmdbDocuments({ path: join(path, String(++outboxes)) });
  [nowSeconds, secrets] = [START_SECONDS, [OLD]];
  [answerInstead, answerIsLost] = [() => undefined, false];
  webhook = createDocumentedWebhook(
    () => secrets,
    () => nowSeconds,
  );
  receiver = await startReceiver((request) => {
    const instead = answerInstead(JSON.parse(request.body.toString()));
    if (instead !== undefined) return instead;
    const { status } = webhook.judge(request);
    return answerIsLost ? 500 : status;
  });
});
afterEach(async () => {
  await receiver.close();
  await documents.close();
});

const logger = createLogger({ service: "reid", write: () => undefined });

const decide = (...alerts: readonly Alert[]) =>
  documents.commit({ changes: outboxChanges(alerts, [{ name: "webhook", tell: async () => undefined }]) });

/** What a run of a monitor that was just started leaves in the outbox. */
function deliver(secret = OLD): Promise<number> {
  const options = { url: receiver.url, secret: new Secret(secret) };
  return deliverOutbox({ documents, logger }, [createWebhookSink(options, () => nowSeconds, fetch)]);
}

async function deliverOne(): Promise<Received> {
  await decide(makeAlert());
  expect(await deliver()).toBe(0);
  const [request] = receiver.received;
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

const taken = () => webhook.alerts.map(({ id, transition }) => `${id.slice(-1)} ${transition}`);
const alertOf = (digit: number, changes: Partial<Alert> = {}) =>
  makeAlert({ id: `00000000-0000-4000-8000-00000000000${digit}`, ...changes });

it("takes what is genuine, and once", async () => {
  const request = await deliverOne();
  expect(webhook.alerts).toEqual([makeAlert()]);
  expect(webhook.judge(request)).toEqual({ status: 204, verdict: "known" });
});

it("refuses what was changed, and what another signed", async () => {
  const { headers, body } = await deliverOne();
  const signature = String(headers["dit-signature"]);
  const changed = (change: Partial<Received>) => webhook.judge({ headers, body, ...change }).verdict;
  const signed = (header: string | undefined) =>
    changed({ headers: { ...headers, "dit-signature": header } });
  expect(changed({})).toBe("known");
  for (const [position, byte] of body.entries()) {
    const other = Buffer.from(body).fill(byte ^ 1, position, position + 1);
    expect(changed({ body: other }), `byte ${position}`).toBe("forged");
  }
  expect(changed({ body: Buffer.concat([body, Buffer.from("\n")]) })).toBe("forged");
  expect(signed(signature.replace(`t=${START_SECONDS}`, `t=${START_SECONDS + 1}`))).toBe("forged");
  expect(signed(signature.replace(/.$/, (last) => (last === "0" ? "1" : "0")))).toBe("forged");
  expect(signed(signature.slice(0, -2))).toBe("forged");
  expect(signed(undefined)).toBe("forged");
  secrets = [NEW];
  expect(changed({})).toBe("forged");
});

it("refuses what was sent long ago, or will be", async () => {
  const request = await deliverOne();
  const verdictAfter = (seconds: number) => {
    nowSeconds = START_SECONDS + seconds;
    return webhook.judge(request).verdict;
  };
  expect([-301, -300, 300, 301].map(verdictAfter)).toEqual(["stale", "known", "known", "stale"]);
});

it("hears the same alert again after a 500, signed anew, and knows it where only the answer was lost", async () => {
  await decide(makeAlert());
  answerIsLost = true;
  expect(await deliver()).toBe(1);
  nowSeconds += 86_400;
  expect(await deliver()).toBe(1);
  answerIsLost = false;
  expect(await deliver()).toBe(0);
  expect(await deliver()).toBe(0);
  const bodies = receiver.received.map(({ body }) => body.toString());
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies).size).toBe(1);
  expect(receiver.received.map(({ headers }) => headers["dit-signature"])).toEqual(
    [0, 86_400, 86_400].map((later) => expect.stringMatching(`^t=${START_SECONDS + later},`)),
  );
  expect(webhook.alerts).toHaveLength(1);
});

it.each([500, 408, 429])("is asked once a run after a %i, and hears what waited in order", async (status) => {
  await decide(alertOf(1), alertOf(2), alertOf(1, { transition: "closed", atSeconds: START_SECONDS + 60 }));
  answerInstead = () => status;
  expect(await deliver()).toBe(3);
  expect(receiver.received).toHaveLength(1);
  answerInstead = () => undefined;
  expect(await deliver()).toBe(0);
  expect(taken()).toEqual(["1 opened", "2 opened", "1 closed"]);
});

it.each([400, 422])("hears all others after a %i, and nothing more of that alert before", async (status) => {
  await decide(alertOf(1), alertOf(2), alertOf(1, { transition: "closed", atSeconds: START_SECONDS + 60 }));
  answerInstead = ({ id, transition }) => (id.endsWith("1") && transition === "opened" ? status : undefined);
  expect(await deliver()).toBe(2);
  expect(await deliver()).toBe(2);
  expect(taken()).toEqual(["2 opened"]);
  answerInstead = () => undefined;
  expect(await deliver()).toBe(0);
  expect(taken()).toEqual(["2 opened", "1 opened", "1 closed"]);
});

it("loses nothing where it knows another secret, and hears all when that is mended", async () => {
  secrets = [NEW];
  await decide(alertOf(1), alertOf(2));
  expect(await deliver()).toBe(2);
  expect(taken()).toEqual([]);
  expect(await deliver(NEW)).toBe(0);
  expect(taken()).toEqual(["1 opened", "2 opened"]);
});

it("may change its secret with nothing refused on the way", async () => {
  await decide(alertOf(1));
  answerIsLost = true;
  expect(await deliver()).toBe(1);
  answerIsLost = false;
  await decide(alertOf(2));
  secrets = [NEW, OLD];
  expect(await deliver()).toBe(0);
  await decide(alertOf(3));
  expect(await deliver(NEW)).toBe(0);
  secrets = [NEW];
  await decide(alertOf(4));
  expect(await deliver(NEW)).toBe(0);
  expect(taken()).toEqual(["1 opened", "2 opened", "3 opened", "4 opened"]);
});

it("leads nobody elsewhere", async () => {
  const elsewhere = await startReceiver(() => 204);
  answerInstead = () => elsewhere.url;
  await decide(makeAlert());
  expect(await deliver()).toBe(1);
  expect(elsewhere.received).toEqual([]);
  await elsewhere.close();
});
