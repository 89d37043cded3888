import { hash } from "node:crypto";
import type { Sha256 } from "@dit/crypto-core";

/** For every body that comes, of which noble's would take six times as long. */
export const nodeSha256: Sha256 = (data) => new Uint8Array(hash("sha256", data, "buffer"));
