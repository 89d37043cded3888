import { hash } from "node:crypto";
import type { Sha256 } from "@dit/crypto-core";

/** Of every body that comes. */
export const nodeSha256: Sha256 = (data) => new Uint8Array(hash("sha256", data, "buffer"));
