import { hash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

const HIDDEN = "[secret]";

/** Text that must be asked for by name: printing, logging or serialising the object around it shows `[secret]`. */
export class Secret {
  readonly #text: string;
  #digest: Buffer | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  /** Compares digests, so that the time taken tells neither how many characters agree nor how long the secret is. */
  equals(shown: string): boolean {
    this.#digest ??= digestOf(this.#text);
    return timingSafeEqual(digestOf(shown), this.#digest);
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
