import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "./encoding.ts";
import { framed, uint64, utf8 } from "./framing.ts";

const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });

describe("framed", () => {
  it("can be taken apart again, so that no two lists share an encoding", () => {
    fc.assert(
      fc.property(parts, (list) => {
        expect(unframe(framed(...list))).toEqual(list);
      }),
    );
  });

  it("is prefix-free for lists of equal length", () => {
    const few = fc.tuple(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ maxLength: 3 }));
    fc.assert(
      fc.property(few, few, (a, b) => {
        const [one, other] = [toHex(framed(...a)), toHex(framed(...b))];
        expect(other.startsWith(one)).toBe(toHex(a[0]) === toHex(b[0]) && toHex(a[1]) === toHex(b[1]));
      }),
    );
  });

  it("tells ['ab', 'c'] from ['a', 'bc']", () => {
    expect(toHex(framed(utf8("ab"), utf8("c")))).toBe("00026162000163");
    expect(toHex(framed(utf8("a"), utf8("bc")))).toBe("00016100026263");
  });

  it("takes parts of up to 65535 bytes", () => {
    expect(framed(new Uint8Array(65535)).subarray(0, 2)).toEqual(Uint8Array.of(0xff, 0xff));
    expect(() => framed(new Uint8Array(65536))).toThrow(expect.objectContaining({ code: "length" }));
  });
});

describe("utf8", () => {
  it("does not normalise", () => {
    expect(toHex(utf8("\u00e9"))).toBe("c3a9");
    expect(toHex(utf8("e\u0301"))).toBe("65cc81");
    expect(toHex(utf8("\u{1f600}"))).toBe("f09f9880");
  });

  it.each(["\ud800", "a\udc00b", "\udc00\ud800"])("refuses lone surrogates", (text) => {
    expect(() => utf8(text)).toThrow(expect.objectContaining({ code: "text" }));
  });
});

describe("uint64", () => {
  it.each([
    [0, "0000000000000000"],
    [258, "0000000000000102"],
    [Number.MAX_SAFE_INTEGER, "001fffffffffffff"],
  ])("writes %d big-endian", (n, hex) => expect(toHex(uint64(n))).toBe(hex));

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d", (n) => {
    expect(() => uint64(n)).toThrow(expect.objectContaining({ code: "range" }));
  });
});

function unframe(bytes: Uint8Array): Uint8Array[] {
  const list: Uint8Array[] = [];
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + view.getUint16(at);
    list.push(bytes.slice(at + 2, end));
    at = end;
  }
  return list;
}
