import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { queryWarehouse } from "./query.ts";

it("shows the warehouse its user and password, and nobody else", async () => {
  const seen: unknown[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push([incoming.url, incoming.headers.authorization]);
    outgoing.end("1\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await queryWarehouse(`http://an%40alyst:hunter2%3A@${place}`, "SELECT 1", "TSV")).toBe("1");
  const authorization = `Basic ${Buffer.from("an@alyst:hunter2:").toString("base64")}`;
  expect(seen).toEqual([["/?default_format=TSV", authorization]]);
  expect(await queryWarehouse(`http://${place}`, "SELECT 1", "TSV")).toBe("1");
  expect(seen[1]).toEqual(["/?default_format=TSV", undefined]);
  await expect(queryWarehouse("http://analyst:hunter2@127.0.0.1:1", "SELECT 1", "TSV")).rejects.toThrow(
    /^the warehouse does not answer at http:\/\/127\.0\.0\.1:1: /,
  );
});
