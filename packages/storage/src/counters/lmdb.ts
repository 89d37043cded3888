import { openLmdbEnvironment, type Table } from "../lmdb/environment.ts";
import type {
  ConfirmUseRequest,
  Counters,
  TakeRequest,
  TakeResult,
  UseRequest,
  UseResult,
} from "./counters.ts";

export interface LmdbCountersOptions {
  /** A directory of its own. */
  readonly path: string;
  /** Tells whether a key's time has passed. */
  readonly nowSeconds?: () => number;
}

const KEY_BYTES = 16;
const MEMBER_BYTES = 8;
/** A member, and one byte: 0 reserved, 1 confirmed. */
const ENTRY_BYTES = MEMBER_BYTES + 1;
const SWEEP_KEYS_PER_WRITE = 2_000;

/**
 * Counters in one LMDB directory. A table's key is the expiry (u32, big-endian) and the 16 bytes, so that
 * expired keys are a range; the value of `uses` is its entries one after the other, that of `allowances` what
 * was taken (f64).
 */
export async function openLmdbCounters({
  path,
  nowSeconds = () => Date.now() / 1_000,
}: LmdbCountersOptions): Promise<Counters> {
  const environment = await openLmdbEnvironment("counters", path, ["uses", "allowances"]);
  const { uses, allowances } = environment.tables;
  return {
    async use(requests) {
      const keyed = requests.map((request) => ({ ...request, storeKey: useKey(request) }));
      return environment.write(() => keyed.map((request) => useOnce(uses, request, nowSeconds())));
    },
    async confirm(requests) {
      const keyed = requests.map((request) => ({ ...request, storeKey: useKey(request) }));
      return environment.write(() => {
        for (const { storeKey, member } of keyed) confirmUse(uses, storeKey, member);
      });
    },
    async take(request) {
      const storeKey = expiringKey(request);
      return environment.write(() => takeAmount(allowances, request, storeKey, nowSeconds()));
    },
    async sweep(sweepNowSeconds) {
      for (const table of [uses, allowances]) {
        while (
          (await environment.write(() => removeExpired(table, sweepNowSeconds))) === SWEEP_KEYS_PER_WRITE
        );
      }
    },
    check: environment.check,
    close: environment.close,
  };
}

function useOnce(table: Table, request: UseRequest & { storeKey: Buffer }, nowSeconds: number): UseResult {
  // Counting on a key that sweep has forgotten would start it again from nothing.
  if (request.expiresAtSeconds <= nowSeconds) return { outcome: "exhausted", uses: 0 };
  const entries = table.get(request.storeKey);
  const uses = entries === undefined ? 0 : entries.length / ENTRY_BYTES;
  const at = entries === undefined ? -1 : findMember(entries, request.member);
  if (entries !== undefined && at >= 0) {
    return { outcome: entries[at + MEMBER_BYTES] === 1 ? "confirmed" : "repeated", uses };
  }
  if (uses >= request.limit) return { outcome: "exhausted", uses };
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.set(request.member);
  table.putSync(request.storeKey, entries === undefined ? entry : Buffer.concat([entries, entry]));
  return { outcome: "reserved", uses: uses + 1 };
}

function confirmUse(table: Table, storeKey: Buffer, member: Uint8Array): void {
  const entries = table.get(storeKey);
  if (entries === undefined) return;
  const at = findMember(entries, member);
  if (at < 0 || entries[at + MEMBER_BYTES] === 1) return;
  entries[at + MEMBER_BYTES] = 1;
  table.putSync(storeKey, entries);
}

function takeAmount(table: Table, request: TakeRequest, storeKey: Buffer, nowSeconds: number): TakeResult {
  if (request.expiresAtSeconds <= nowSeconds) return { granted: false, remaining: 0 };
  const taken = table.get(storeKey)?.readDoubleBE() ?? 0;
  const remaining = Math.max(0, request.limit - taken);
  if (request.amount > remaining) return { granted: false, remaining };
  const value = Buffer.alloc(8);
  value.writeDoubleBE(taken + request.amount);
  table.putSync(storeKey, value);
  return { granted: true, remaining: remaining - request.amount };
}

function removeExpired(table: Table, nowSeconds: number): number {
  const end = Buffer.alloc(4);
  end.writeUInt32BE(Math.floor(nowSeconds) + 1);
  const expired = [...table.getKeys({ end, limit: SWEEP_KEYS_PER_WRITE })];
  for (const key of expired) table.removeSync(key);
  return expired.length;
}

function findMember(entries: Buffer, member: Uint8Array): number {
  for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
    if (entries.compare(member, 0, MEMBER_BYTES, at, at + MEMBER_BYTES) === 0) return at;
  }
  return -1;
}

function useKey(request: ConfirmUseRequest): Buffer {
  if (request.member.length !== MEMBER_BYTES)
    throw new RangeError(`counters: a member has ${MEMBER_BYTES} bytes`);
  return expiringKey(request);
}

function expiringKey(request: { key: Uint8Array; expiresAtSeconds: number }): Buffer {
  if (request.key.length !== KEY_BYTES) throw new RangeError(`counters: a key has ${KEY_BYTES} bytes`);
  const storeKey = Buffer.alloc(4 + KEY_BYTES);
  storeKey.writeUInt32BE(request.expiresAtSeconds);
  storeKey.set(request.key, 4);
  return storeKey;
}
