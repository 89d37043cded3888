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

type ExpiringKey = Pick<TakeRequest, "key" | "expiresAtSeconds">;

const KEY_BYTES = 16;
const EXPIRY_BYTES = 4;
const STORE_KEY_BYTES = EXPIRY_BYTES + KEY_BYTES;
const MEMBER_BYTES = 8;
/** A member, and one byte: 0 reserved, 1 confirmed. */
const ENTRY_BYTES = MEMBER_BYTES + 1;
/** As many as the default limit; room is made for more. */
const FIRST_ENTRIES = 64;
const NO_ENTRIES = new Uint8Array(0);
const MAX_UINT32 = 2 ** 32 - 1;
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
  const counted = createUses(uses);
  return {
    async use(requests) {
      requests.forEach(checkUse);
      return environment.write(() => {
        const now = nowSeconds();
        return requests.map((request) => counted.use(request, now));
      });
    },
    async confirm(requests) {
      requests.forEach(checkUse);
      return environment.write(() => requests.forEach(counted.confirm));
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

/**
 * What is done with the table inside a transaction. It works in memory of its own, over and over: made anew for every use, keys and
 * entries took longer to allocate and to collect than LMDB takes to find and write them.
 */
function createUses(table: Table) {
  const storeKey = Buffer.alloc(STORE_KEY_BYTES);
  let written = Buffer.alloc(FIRST_ENTRIES * ENTRY_BYTES);
  const roomFor = (length: number): Buffer => {
    if (written.length < length) written = Buffer.alloc(2 * length);
    return written;
  };
  return {
    use(request: UseRequest, nowSeconds: number): UseResult {
      // Counting on a key that sweep has forgotten would start it again from nothing.
      if (request.expiresAtSeconds <= nowSeconds) return { outcome: "exhausted", uses: 0 };
      writeExpiringKey(storeKey, request);
      // LMDB's own buffer: it is overwritten by the next read.
      const entries = table.getBinaryFast(storeKey) ?? NO_ENTRIES;
      const { length } = entries;
      const uses = length / ENTRY_BYTES;
      const at = findMember(entries, length, request.member);
      if (at >= 0) return { outcome: entries[at + MEMBER_BYTES] === 1 ? "confirmed" : "repeated", uses };
      if (uses >= request.limit) return { outcome: "exhausted", uses };
      const next = roomFor(length + ENTRY_BYTES);
      next.set(entries.subarray(0, length));
      next.set(request.member, length);
      next[length + MEMBER_BYTES] = 0;
      table.putSync(storeKey, next.subarray(0, length + ENTRY_BYTES));
      return { outcome: "reserved", uses: uses + 1 };
    },
    confirm(request: ConfirmUseRequest): void {
      writeExpiringKey(storeKey, request);
      const entries = table.getBinaryFast(storeKey) ?? NO_ENTRIES;
      const { length } = entries;
      const at = findMember(entries, length, request.member);
      if (at < 0 || entries[at + MEMBER_BYTES] === 1) return;
      const next = roomFor(length);
      next.set(entries.subarray(0, length));
      next[at + MEMBER_BYTES] = 1;
      table.putSync(storeKey, next.subarray(0, length));
    },
  };
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

/** `length` is given, since the buffer that LMDB lends is longer than what is in it. */
function findMember(entries: Uint8Array, length: number, member: Uint8Array): number {
  for (let at = 0; at < length; at += ENTRY_BYTES) {
    let same = 0;
    while (same < MEMBER_BYTES && entries[at + same] === member[same]) same++;
    if (same === MEMBER_BYTES) return at;
  }
  return -1;
}

/** Before the transaction, which undoes everybody's uses if anything is thrown in it. */
function checkUse(request: ConfirmUseRequest): void {
  if (request.member.length !== MEMBER_BYTES)
    throw new RangeError(`counters: a member has ${MEMBER_BYTES} bytes`);
  checkExpiringKey(request);
}

function checkExpiringKey({ key, expiresAtSeconds }: ExpiringKey): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`counters: a key has ${KEY_BYTES} bytes`);
  if (!(expiresAtSeconds >= 0 && expiresAtSeconds <= MAX_UINT32))
    throw new RangeError("counters: an expiry does not fit in 32 bits");
}

function expiringKey(request: ExpiringKey): Buffer {
  checkExpiringKey(request);
  return writeExpiringKey(Buffer.alloc(STORE_KEY_BYTES), request);
}

function writeExpiringKey(storeKey: Buffer, { key, expiresAtSeconds }: ExpiringKey): Buffer {
  storeKey.writeUInt32BE(expiresAtSeconds);
  storeKey.set(key, EXPIRY_BYTES);
  return storeKey;
}
