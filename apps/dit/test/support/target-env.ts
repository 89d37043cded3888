import type { Instances } from "../../src/addresses.ts";

/** The `DIT_AT_*` variables that name these instances. */
export function targetEnv(instances: Instances): Record<string, string> {
  const told = Object.entries(instances).filter(([, urls]) => urls.length > 0);
  return Object.fromEntries(
    told.map(([name, urls]) => {
      const words = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      return [`DIT_AT_${words}`, urls.join(",")];
    }),
  );
}
