import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CREDENTIAL_HEADER, ROUTES } from "@dit/protocol";
import { createAcsAdminClient, Secret } from "@dit/service-kit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readLocalSecret } from "../../src/pipeline/data-directory.ts";
import { type Pipeline, startPipeline } from "../../src/pipeline/pipeline.ts";
import { createDevices } from "../support/device.ts";
import { freePorts } from "../support/free-ports.ts";
import { MANY_AT_ONCE } from "../support/many-at-once.ts";
import { type SocketTap, tapSockets } from "../support/socket-tap.ts";
import { until } from "../support/until.ts";
import {
  artefact,
  exportWarehouse,
  openDocuments,
  openEventLog,
  readAdminPorts,
  readFiles,
  readSockets,
} from "./collect.ts";
import { hasIpv6 } from "./has-ipv6.ts";
import { ALLOWED, type Kind, type Place } from "./places.ts";
import { canariesOf } from "./release.ts";
import { type Artefact, type Canary, createScanner, type Hit, type Scanner } from "./scanner.ts";
import { plantLeaks } from "./seeded-leaks.ts";
import { noTraffic, sayEverything, type Traffic, useSdk } from "./traffic.ts";
import { canaryUseCase } from "./use-case.ts";

const SEED = process.env.DIT_TEST_SEED ?? randomBytes(8).toString("hex");
const DEVICES = 12;
const TIMEOUT_MS = 60_000;

/** An edge in processes of its own, which clients use in place of the pipeline's. */
export interface OtherEdge {
  readonly url: string;
  readonly adminUrl: string;
  /** All that it has written, and all that it holds open. */
  artefacts(): Promise<Artefact[]>;
  stop(): Promise<void>;
}

/** Services that others of the process call without a connection, by the origin of such calls. */
const CALLED_INSIDE: readonly (readonly [Place, origin: string])[] = [
  ["redeeming ingress", "http://acs/"],
  ["ingest ingress", "http://ingest/"],
];

export type StartOtherEdge = (options: {
  readonly ingestUrl: string;
  readonly edgeSecret: string;
}) => Promise<OtherEdge>;

export function describeCanaries({ startEdge }: { readonly startEdge?: StartOtherEdge } = {}): void {
  const devices = createDevices(`${SEED} devices`, DEVICES);
  const said = createDevices(`${SEED} said`, DEVICES / 2);
  const log: string[] = [];
  const calledInside: Artefact[] = [];
  let directory: string;
  let tap: SocketTap;
  let traffic: Traffic;
  let canaries: Canary[];
  let scanner: Scanner;
  let artefacts: Artefact[];
  let hits: Hit[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "dit-canaries-"));
    tap = tapSockets();
    const [ingestPort, ingestAdminPort] = await freePorts(2);
    const pipeline = await startPipeline({
      env: {
        ...MANY_AT_ONCE,
        // Every line, and both families of addresses where the machine has them.
        DIT_LOG_LEVEL: "info",
        DIT_EDGE_LISTEN_HOST: hasIpv6() ? "::" : "127.0.0.1",
        DIT_INGEST_LISTEN_PORT: String(ingestPort),
        DIT_INGEST_ADMIN_PORT: String(ingestAdminPort),
      },
      dataDirectory: directory,
      freePorts: true,
      writeLog: (line) => log.push(line),
    });
    recordCallsInside();
    traffic = noTraffic();
    let exported: Artefact[];
    let otherEdge: OtherEdge | undefined;
    try {
      otherEdge = await startEdge?.({
        ingestUrl: `http://127.0.0.1:${ingestPort}`,
        edgeSecret: await readLocalSecret(directory, "edgeSecret"),
      });
      const used = otherEdge && { edgeUrl: otherEdge.url, edgeAdminUrl: otherEdge.adminUrl };
      const reached = { ...pipeline, addresses: { ...overIpv4(pipeline.addresses), ...used } };
      await prepare(reached);
      for (const [index, device] of devices.entries()) {
        const inside = said[index - DEVICES / 2];
        if (inside === undefined) await useSdk(reached, device, traffic);
        else await sayEverything(reached, device, inside, traffic);
      }
      await until(
        async () => (await pipeline.account.stored()).pending === 0,
        20_000,
        "reports stay pending",
      );
      exported = [
        ...(await exportWarehouse(join(directory, "warehouse"))),
        ...(await readAdminPorts(reached.addresses)),
        ...((await otherEdge?.artefacts()) ?? []),
      ];
      exported.push(...readSockets(tap, reached.addresses));
    } finally {
      vi.unstubAllGlobals();
      await otherEdge?.stop();
      await pipeline.stop();
      tap.close();
    }
    canaries = canariesOf({ devices, said, secrets: traffic });
    scanner = createScanner(canaries);
    artefacts = [
      ...exported,
      ...calledInside,
      ...(await readFiles(directory)),
      ...(await openDocuments(directory)),
      ...(await openEventLog(directory)),
      artefact("logs", "logs of all services", Buffer.from(log.join("\n"))),
      artefact("answers", "answers to clients", Buffer.from(JSON.stringify(traffic.answers))),
    ];
    hits = hitsIn(artefacts);
  }, TIMEOUT_MS);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  describe(`with canaries of seed ${SEED}`, () => {
    it("all of the pipeline has been searched, and has worked", () => {
      const bytes = new Map<string, number>();
      for (const { place, bytes: each } of artefacts) bytes.set(place, (bytes.get(place) ?? 0) + each.length);
      expect([...bytes].filter(([, total]) => total < 100)).toEqual([]);
      expect(bytes.size).toBe(12);
      const tables = artefacts.filter(({ place, name }) => place === "warehouse" && name.startsWith("dit."));
      for (const event of ["opened", "closed"]) {
        const table = tables.find(({ name }) => name === `dit.canary_app__${event}`);
        expect(JSON.parse(table?.bytes.toString() ?? "[]").length, event).toBeGreaterThanOrEqual(DEVICES);
      }
      const statuses = new Set(traffic.answers.map(({ status }) => status));
      expect([...statuses].sort()).toEqual([200, 202, 400, 401, 403, 404, 409, 415, 422, 431]);
    });

    it("each was seen where it came in", () => {
      const missingAt = (place: Place) => {
        const seen = new Set(hits.filter((hit) => hit.place === place).map(keyOf));
        return kindsOf(canaries.filter(({ kind, name }) => !seen.has(`${kind} ${name}`)));
      };
      // Report ids and MAC keys are computed, and travel nowhere; the SDK shows an access token to ACS alone.
      expect(missingAt("edge ingress")).toEqual(["accessToken", "macKey", "reportId"]);
      expect(missingAt("issuing ingress")).not.toContain("accessToken");
      expect(kindsOf(canaries)).toEqual(Object.keys(ALLOWED).sort());
    });

    it("each was seen in every place that may know it: the search works there too", () => {
      const seen = new Set(hits.map(({ kind, place }) => `${kind} ${place}`));
      const expected = Object.entries(ALLOWED).flatMap(([kind, places]) =>
        places.map((place) => `${kind} ${place}`),
      );
      expect([...seen].sort()).toEqual(expected.sort());
    });

    it("none is anywhere else", () => {
      expect(hits.filter(isLeak)).toEqual([]);
    });

    it("seeded leaks are found, every one of them", { timeout: TIMEOUT_MS }, async () => {
      const planted = await plantLeaks({ directory, devices, said, secrets: traffic });
      const after = [
        ...planted.artefacts,
        ...(await readFiles(directory)),
        ...(await openDocuments(directory)),
        ...(await openEventLog(directory)),
      ];
      const found = new Set(
        hitsIn(after)
          .filter(isLeak)
          .map((hit) => `${keyOf(hit)} in ${hit.place}`),
      );
      const missed = planted.leaks.filter(
        ({ kind, name, place }) => !found.has(`${kind} ${name} in ${place}`),
      );
      expect(missed).toEqual([]);
      expect(planted.leaks.length).toBeGreaterThanOrEqual(15);
    });
  });

  function hitsIn(searched: readonly Artefact[]): Hit[] {
    return searched.flatMap((each) => scanner.scan(each));
  }

  /** In one process the edge hands ingest its requests without a socket, and so do ingest and sink with ACS. */
  function recordCallsInside(): void {
    const Given = globalThis.Request;
    const Recorded = class extends Given {
      constructor(input: string | URL | Request, init?: RequestInit) {
        super(input, init);
        const [place, service] = CALLED_INSIDE.find(([, origin]) => this.url.startsWith(origin)) ?? [];
        if (place === undefined) return;
        const head = Buffer.from(`${this.method} ${this.url}\n${JSON.stringify([...this.headers])}\n`);
        const body = init?.body instanceof Uint8Array ? init.body : Buffer.from(String(init?.body ?? ""));
        calledInside.push(artefact(place, `call of ${service}`, Buffer.concat([head, body])));
      }
    };
    vi.stubGlobal("Request", Recorded);
  }

  /** Applies the use case, and waits until ingest follows it. */
  async function prepare({ addresses }: Pick<Pipeline, "addresses">): Promise<void> {
    const { acsUrl, edgeUrl, identityProviderUrl } = addresses;
    const adminSecret = new Secret(await readLocalSecret(directory, "adminSecret"));
    const admin = createAcsAdminClient({ baseUrl: acsUrl, adminSecret });
    const jwksUrl = `${identityProviderUrl}/.well-known/jwks.json`;
    await admin.applyUseCase({ ...canaryUseCase, issuance: { ...canaryUseCase.issuance, jwksUrl } });
    await until(
      async () => {
        const headers = {
          "content-type": "application/json",
          [CREDENTIAL_HEADER]: `v1.1.1.${"A".repeat(43)}.${"A".repeat(43)}`,
        };
        const url = edgeUrl + ROUTES.reports(canaryUseCase.useCase);
        const answer = await fetch(url, { method: "POST", headers, body: "{}" });
        return !(await answer.text()).includes("use_case_unavailable");
      },
      10_000,
      "ingest does not follow the use case",
    );
  }
}

function isLeak({ kind, place }: Hit): boolean {
  const allowed: readonly Place[] = ALLOWED[kind as Kind];
  return !allowed.includes(place as Place);
}

function keyOf({ kind, canary }: Hit): string {
  return `${kind} ${canary}`;
}

function kindsOf(some: readonly Canary[]): string[] {
  return [...new Set(some.map(({ kind }) => kind))].sort();
}

/** Devices have IPv4 addresses; the edge sees them as what they are within IPv6. */
function overIpv4(addresses: Pipeline["addresses"]): Pipeline["addresses"] {
  const urls = Object.entries(addresses).map(([name, url]) => [name, url.replace("[::]", "127.0.0.1")]);
  return Object.fromEntries(urls) as Pipeline["addresses"];
}
