import { afterEach, beforeEach, describe, it } from "vitest";
import { type Opener, openStore } from "./opener.ts";

/** A store under test, in a place of its own. */
export interface Subject<Store> {
  /** Whatever was opened last. */
  readonly store: Store;
  /** How a process of its own opens the same store. */
  readonly opener: Opener;
  /** Closes the store and opens it again where it was. */
  reopen(): Promise<Store>;
  /** Opens a second handle on the same store; undefined where the engine has no such thing. */
  openAnother?(): Promise<Store>;
  /** Closes everything and removes what was stored. */
  destroy(): Promise<void>;
}

/** Promises of a port, each with the check that a store keeps it. A check rejects when it does not. */
export type Contract<Store> = Readonly<Record<string, (subject: Subject<Store>) => Promise<void>>>;

export function describeContract<Store>(
  title: string,
  contract: Contract<Store>,
  open: () => Promise<Subject<Store>>,
) {
  describe(title, () => {
    let subject: Subject<Store>;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.destroy());
    for (const [promise, check] of Object.entries(contract)) it(promise, () => check(subject), 60_000);
  });
}

/** A subject of any driver that keeps everything below one directory. */
export async function openSubject<Store extends { close(): Promise<void> }>(
  opener: Opener,
  removePlace: () => Promise<void>,
): Promise<Subject<Store>> {
  const opened: Store[] = [];
  async function open(): Promise<Store> {
    const store = await openStore<Store>(opener);
    opened.push(store);
    return store;
  }
  let store = await open();
  return {
    opener,
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    openAnother: open,
    async destroy() {
      await Promise.all(opened.map((each) => each.close()));
      await removePlace();
    },
  };
}
