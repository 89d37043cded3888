import { createHmac } from "node:crypto";
import { Secret } from "@dit/service-kit";
import { expect, it } from "vitest";
import { makeAlert } from "../../test/make-alert.ts";
import { createWebhookSink, SIGNATURE_HEADER } from "./webhook-sink.ts";

const SECRET = "what both know";
const URL = "https://example.org/hook";

function listening(status = 204) {
  const requests: Request[] = [];
  const send = async (url: Parameters<typeof fetch>[0], init?: RequestInit) => {
    requests.push(new Request(url, init));
    return new Response(null, { status });
  };
  const sink = createWebhookSink({ url: URL, secret: new Secret(SECRET) }, () => 1_790_000_123.9, send);
  return { sink, requests };
}

/** As docs say that whoever is told should check it, from the request alone. */
async function verify(request: Request, secret: string): Promise<boolean> {
  const header = request.headers.get(SIGNATURE_HEADER) ?? "";
  const { time, mac } = /^t=(?<time>\d+),v1=(?<mac>[0-9a-f]{64})$/.exec(header)?.groups ?? {};
  const body = Buffer.from(await request.clone().arrayBuffer());
  return createHmac("sha256", secret).update(`${time}.`).update(body).digest("hex") === mac;
}

it("sends the alert as JSON, signed with its time", async () => {
  const { sink, requests } = listening();
  await sink.tell(makeAlert());
  const [request] = requests;
  if (request === undefined) throw new Error("nothing was sent");
  expect(await request.clone().json()).toEqual(makeAlert());
  expect(request.method).toBe("POST");
  expect(request.headers.get(SIGNATURE_HEADER)).toMatch(/^t=1790000123,/);
  expect(await verify(request, SECRET)).toBe(true);
  expect(await verify(request, "another")).toBe(false);
  const headers = { [SIGNATURE_HEADER]: request.headers.get(SIGNATURE_HEADER) ?? "" };
  const changed = JSON.stringify(makeAlert({ level: "warn" }));
  expect(await verify(new Request(URL, { method: "POST", headers, body: changed }), SECRET)).toBe(false);
});

it("rejects unless it was taken, with a code, and names neither address nor alert", async () => {
  const answers = [
    ...[400, 401, 404, 410].map((status) => [status, "the alert was refused"] as const),
    ...[408, 429, 500, 503].map((status) => [status, "the alert was not taken"] as const),
  ];
  for (const [status, message] of answers) {
    const untold = listening(status).sink.tell(makeAlert());
    await expect(untold).rejects.toMatchObject({ code: `http_${status}`, message });
  }
});
