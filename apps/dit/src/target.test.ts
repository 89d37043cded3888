import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DEFAULT_ADDRESSES, instancesOf } from "./addresses.ts";
import { targetFrom, writeTarget } from "./target.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-target-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it("is what variables say, else what `dit up` wrote down, else a box on default ports", async () => {
  const env = { DIT_AT_ACS_URL: "https://acs.example.org/" };
  expect((await targetFrom(env, directory)).addresses).toEqual({
    ...DEFAULT_ADDRESSES,
    acsUrl: "https://acs.example.org",
  });
  const addresses = { ...DEFAULT_ADDRESSES, acsUrl: "http://127.0.0.1:1", edgeUrl: "http://127.0.0.1:2" };
  await writeTarget(directory, { environment: "staging", addresses });
  const target = await targetFrom(env, directory);
  expect(target.environment).toBe("staging");
  expect(target.addresses).toEqual({ ...addresses, acsUrl: "https://acs.example.org" });
  expect((await targetFrom({ DIT_ENVIRONMENT: "other" }, directory)).environment).toBe("other");
});

it("takes a list where there are several instances, and a warehouse's user and password", async () => {
  const { instances, addresses } = await targetFrom(
    {
      DIT_AT_ACS_URL: "http://a:8081,http://b:8081/",
      DIT_AT_SINK_ADMIN_URL: "http://a:9083, http://b:9083",
      DIT_AT_WAREHOUSE_URL: "http://analyst:hunter2@warehouse:8123",
    },
    directory,
  );
  expect(instances).toEqual({
    ...instancesOf(DEFAULT_ADDRESSES),
    acsUrl: ["http://a:8081", "http://b:8081"],
    sinkAdminUrl: ["http://a:9083", "http://b:9083"],
    warehouseUrl: ["http://analyst:hunter2@warehouse:8123"],
    warehouseAdminUrl: [],
  });
  expect(addresses.acsUrl).toBe("http://a:8081");
  await expect(targetFrom({ DIT_AT_EDGE_URL: "http://a,b" }, directory)).rejects.toMatchObject({
    problems: ["DIT_AT_EDGE_URL: must be an http or https URL"],
  });
});

it("reads secrets, also from files", async () => {
  const secret = "s".repeat(43);
  await writeFile(join(directory, "token"), `${secret}\n`);
  const env = { DIT_AT_ACCESS_TOKEN_FILE: join(directory, "token"), DIT_AT_ADMIN_SECRET: secret };
  const target = await targetFrom(env, directory);
  expect([target.accessToken?.reveal(), target.adminSecret?.reveal()]).toEqual([secret, secret]);
  expect(target.serviceSecret).toBeUndefined();
});

it("says which file to remove if it cannot be read", async () => {
  await writeFile(join(directory, "addresses.json"), "{");
  await expect(targetFrom({}, directory)).rejects.toThrow(
    `${join(directory, "addresses.json")} cannot be read`,
  );
});
