import { networkInterfaces } from "node:os";

export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some(({ family }) => family === "IPv6"));
}
