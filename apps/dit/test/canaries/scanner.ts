import { formsOf } from "./encodings.ts";
import { unpacked } from "./unpack.ts";

/** A value that went into the pipeline and is looked for behind it. */
export interface Canary {
  readonly kind: string;
  readonly name: string;
  /** Each spelling is looked for in every form: an address as text and as its bytes, say. */
  readonly spellings: readonly Buffer[];
}

/** Something that rests or leaves. */
export interface Artefact {
  readonly place: string;
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Hit {
  readonly kind: string;
  readonly canary: string;
  readonly form: string;
  readonly place: string;
  readonly artefact: string;
}

export interface Scanner {
  scan(artefact: Artefact): Hit[];
}

interface Needle {
  readonly canary: Canary;
  readonly form: string;
  readonly bytes: Buffer;
}

const PREFIX_BYTES = 4;
/** Shorter ones turn up by chance in megabytes of ciphertext. */
const SURE_BYTES = 7;
/** So many different ones in one artefact do not. */
const SURE_COUNT = 3;
const FILTER_BITS = 20;

/** Looks for all canaries in one pass over the bytes, and over what is packed in them. */
export function createScanner(canaries: readonly Canary[]): Scanner {
  const needles = new Map<number, Needle[]>();
  const filter = new Uint8Array(1 << FILTER_BITS);
  for (const needle of uniqueNeedles(canaries)) {
    const prefix = needle.bytes.readUInt32LE();
    const same = needles.get(prefix);
    if (same === undefined) needles.set(prefix, [needle]);
    else same.push(needle);
    filter[slot(prefix)] = 1;
  }

  function find(bytes: Buffer, found: Set<Needle>): void {
    let window = 0;
    for (let end = 0; end < bytes.length; end += 1) {
      window = (window >>> 8) | ((bytes[end] ?? 0) << 24);
      if (filter[slot(window)] === 0 || end < PREFIX_BYTES - 1) continue;
      const start = end - PREFIX_BYTES + 1;
      for (const needle of needles.get(window >>> 0) ?? []) {
        if (needle.bytes.equals(bytes.subarray(start, start + needle.bytes.length))) found.add(needle);
      }
    }
  }

  return {
    scan({ place, name, bytes }) {
      const found = new Set<Needle>();
      for (const part of unpacked(bytes)) find(part, found);
      find(Buffer.from(name), found);
      return believable([...found]).map(({ canary, form }) => {
        return { kind: canary.kind, canary: canary.name, form, place, artefact: name };
      });
    },
  };
}

function uniqueNeedles(canaries: readonly Canary[]): Needle[] {
  return canaries.flatMap((canary) => {
    const forms = new Map<string, Needle>();
    for (const { name, bytes } of canary.spellings.flatMap(formsOf)) {
      const key = bytes.toString("latin1");
      if (bytes.length >= PREFIX_BYTES && !forms.has(key)) forms.set(key, { canary, form: name, bytes });
    }
    return [...forms.values()];
  });
}

function believable(found: readonly Needle[]): Needle[] {
  const short = Map.groupBy(
    found.filter(({ bytes }) => bytes.length < SURE_BYTES),
    ({ canary, form }) => `${canary.kind} ${form}`,
  );
  return found.filter(({ canary, form, bytes }) => {
    return bytes.length >= SURE_BYTES || (short.get(`${canary.kind} ${form}`)?.length ?? 0) >= SURE_COUNT;
  });
}

function slot(prefix: number): number {
  return Math.imul(prefix, 0x9e3779b1) >>> (32 - FILTER_BITS);
}
