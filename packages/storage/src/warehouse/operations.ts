import { engineError } from "./engine-error.ts";
import { WarehouseError } from "./warehouse.ts";

/** What runs on a warehouse: refused once it is closed, and its failures told without values. */
export interface Operations {
  /** `hasValues`: rows or parameters come with it. */
  run<T>(what: string, hasValues: boolean, operation: () => Promise<T>): Promise<T>;
  /** Lets what runs end, and then releases, once. */
  close(release: () => Promise<void>): Promise<void>;
}

export function createOperations(driver: string): Operations {
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  return {
    async run(what, hasValues, operation) {
      if (closing !== undefined)
        throw new WarehouseError(`warehouse (${driver}): closed`, undefined, undefined);
      const result = operation();
      running.add(result);
      try {
        return await result;
      } catch (error) {
        throw engineError(`warehouse (${driver}): ${what}`, error, hasValues);
      } finally {
        running.delete(result);
      }
    },
    close(release) {
      closing ??= Promise.allSettled(running).then(release);
      return closing;
    },
  };
}
