import { createHmac } from "node:crypto";
import type { Secret } from "@dit/service-kit";
import type { AlertSink } from "./alert-sink.ts";
import { post } from "./post.ts";

/** `t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>`: the time is signed, so that an old message cannot be sent again. */
export const SIGNATURE_HEADER = "dit-signature";

/** The alert as JSON, signed. */
export function createWebhookSink(
  { url, secret }: { readonly url: string; readonly secret: Secret },
  nowSeconds: () => number,
  send: typeof fetch,
): AlertSink {
  return {
    name: "webhook",
    async tell(alert) {
      const body = JSON.stringify(alert);
      const time = Math.floor(nowSeconds());
      const signature = createHmac("sha256", secret.reveal()).update(`${time}.${body}`).digest("hex");
      await post(send, url, body, { [SIGNATURE_HEADER]: `t=${time},v1=${signature}` });
    },
  };
}
