import { setImmediate as nextTurn } from "node:timers/promises";
import { type Client, createClient } from "@dit/client";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import type { ManualClock } from "@dit/service-kit";
import { type ComposedServices, ENVIRONMENT, SERVER_BEARER } from "../support/composed-services.ts";
import { type Device, revealingHeaders, sendFrom } from "../support/device.ts";
import { createSeededBytes, createSeededFraction } from "../support/seeded-random.ts";
import { workloadUseCase } from "./use-case.ts";

export interface WorkloadOptions {
  readonly services: ComposedServices;
  readonly clock: ManualClock;
  readonly seed: string;
  /** Whose account, address and device each client has. */
  readonly devices: readonly Device[];
  /** One an epoch. */
  readonly rounds: number;
  /** Of the client's own randomness: from what it is made. */
  readonly seedOfClient: (index: number, device: Device) => string;
}

interface Sender {
  readonly client: Client<typeof workloadUseCase>;
  /** What it sent last, to send again. */
  last:
    | { readonly url: string; readonly headers: Record<string, string>; readonly body: Uint8Array }
    | undefined;
  readonly device: Device;
}

const CONFIRMED_WITHIN_MS = 30_000;
const MINUTE_MS = 60_000;
const EPOCH_MS = workloadUseCase.epoch.seconds * 1000;
const REPEATS = 0.3;
const SPOILT = 0.2;

/** One request after the other, in an order that the seed alone decides. */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  const { services, clock, seed, devices, rounds } = options;
  const random = createSeededFraction(`${seed} workload`);
  const senders = await Promise.all(devices.map((device, index) => createSender(options, index, device)));
  for (let round = 0; round < rounds; round += 1) {
    for (const sender of shuffled(senders, random)) {
      logSomething(sender, random);
      // Fetches tokens when there are none.
      await sender.client.flush();
    }
    // Until the tokens are old enough.
    clock.advance((10 + Math.floor(random() * 30)) * MINUTE_MS);
    for (const sender of shuffled(senders, random)) {
      logSomething(sender, random);
      await sender.client.flush();
      await confirmed(services);
      if (random() < REPEATS) await resend(sender, services);
      if (random() < SPOILT) await resend(sender, services, { body: Buffer.from("{}") });
      clock.advance(1000);
    }
    await services.drain();
    clock.advance(EPOCH_MS - (clock.nowMs() % EPOCH_MS));
  }
  await Promise.all(senders.map(({ client }) => client.close()));
}

async function createSender(
  { services: { acsUrl, edgeUrl }, clock, seedOfClient }: WorkloadOptions,
  index: number,
  device: Device,
): Promise<Sender> {
  const { useCase } = workloadUseCase;
  const { keys } = (await (await fetch(acsUrl + ROUTES.keys(useCase))).json()) as KeyDocument;
  const randomBytes = createSeededBytes(`client ${seedOfClient(index, device)}`);
  const send = async (url: string, init: RequestInit) => {
    const given = init.headers as Record<string, string> | undefined;
    const isReport = url.startsWith(edgeUrl);
    // An app's own server says for whom it asks ACS; everything on the way to the edge says who sends.
    const added = isReport ? revealingHeaders(device) : { "dit-account": device.account };
    const request = {
      url,
      headers: { ...added, ...given },
      body: (init.body ?? new Uint8Array()) as Uint8Array,
    };
    if (isReport) sender.last = request;
    const method = init.method ?? "GET";
    const sent = await sendFrom(device, url, method === "GET" ? { method } : { method, ...request });
    return new Response(sent.body === "" ? null : sent.body, { status: sent.status });
  };
  const client = createClient({
    useCase: workloadUseCase,
    environment: ENVIRONMENT,
    acsUrl,
    edgeUrl,
    pinnedKeys: keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey })),
    account: async () => SERVER_BEARER.slice("Bearer ".length),
    consent: true,
    poprf: await createLibsodiumPoprf({ randomBytes }),
    platform: {
      fetch: send,
      nowMs: clock.nowMs,
      setTimer: () => undefined,
      clearTimer: () => undefined,
      randomBytes,
    },
    limits: { walletTargetTokens: 2, walletLowWaterTokens: 1 },
  });
  const sender: Sender = { client, last: undefined, device };
  return sender;
}

function logSomething({ client }: Sender, random: () => number): void {
  const screens = ["home", "chat", "settings"] as const;
  const count = Math.floor(random() * 3);
  for (let n = 0; n < count; n += 1) {
    const screen = screens[Math.floor(random() * screens.length)] ?? "home";
    client.log("opened", { screen, duration_ms: Math.floor(random() * 1_000) });
  }
  if (random() < 0.3) client.log("failed", { code: "timeout" });
}

/** What was sent last once more: as it was, or with another body, which its MAC is not for. */
async function resend(
  { last, device }: Sender,
  services: ComposedServices,
  change: { readonly body?: Uint8Array } = {},
): Promise<void> {
  if (last === undefined) return;
  await sendFrom(device, last.url, { method: "POST", ...last, ...change });
  await confirmed(services);
}

/** Every report in the log has been confirmed: nothing is on its way that the next request could meet. */
async function confirmed({ metrics: { ingest } }: ComposedServices): Promise<void> {
  const deadlineMs = performance.now() + CONFIRMED_WITHIN_MS;
  while ((await ingest.value("reports_accepted_total")) !== (await ingest.value("confirmations_total"))) {
    if (performance.now() > deadlineMs) throw new Error("confirmations are missing");
    await nextTurn();
  }
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
