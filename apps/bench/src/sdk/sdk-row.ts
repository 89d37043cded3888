import { bundleBrowser } from "@dit/client/bundle";
import type { Row } from "../table/row.ts";

const PEER_ENTRY = new URL("./voprf-ts-client.ts", import.meta.url).href;

/** The same bundler with the same settings; ours is what is released, the other has nothing left out of it by hand. */
export const sdkRow: Row = {
  name: "sdk",
  what: "SDK bundle for browsers, min+gzip",
  against: "@cloudflare/voprf-ts, its POPRF client on its noble provider: tokens, and nothing else of an SDK",
  target: { mostOurs: 26_000 },
  async measure() {
    const ours = await bundleBrowser("index.ts");
    const peer = await bundleBrowser(PEER_ENTRY, { whole: true });
    return { unit: "bytes", turns: [{ ours: ours.gzipBytes, peer: peer.gzipBytes }] };
  },
};
