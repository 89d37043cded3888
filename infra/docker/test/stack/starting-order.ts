import type { Compose } from "../compose/read-compose.ts";

/** The services that are built here, each after those it waits for. */
export function startingOrder({ services }: Pick<Compose, "services">): string[] {
  const order: string[] = [];
  const add = (name: string): void => {
    const { build, depends_on = {} } = services[name] ?? {};
    if (build === undefined || order.includes(name)) return;
    Object.keys(depends_on).forEach(add);
    order.push(name);
  };
  Object.keys(services).forEach(add);
  return order;
}
