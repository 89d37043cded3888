import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "./secret.ts";

const text = "correct horse battery staple, twice over";

describe("a secret", () => {
  it("is given only to who asks for it by name", () => {
    const secret = new Secret(text);
    const holder = { secret, list: [secret] };
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify(holder),
      inspect(holder, { depth: 9, showHidden: true }),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify({ ...secret }),
    ];
    for (const output of shown) expect(output).not.toContain("horse");
    expect(secret.reveal()).toBe(text);
  });

  it("equals itself alone, whatever the lengths", () => {
    const secret = new Secret(text);
    expect(secret.equals(text)).toBe(true);
    for (const other of ["", text.slice(1), `${text} `, text.toUpperCase()]) {
      expect(secret.equals(other)).toBe(false);
    }
  });
});
