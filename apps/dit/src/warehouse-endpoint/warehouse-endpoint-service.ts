import {
  createAdminApp,
  type HttpServer,
  type Logger,
  listen,
  type Metrics,
  type Service,
} from "@dit/service-kit";
import type { ReadOnlyChdb } from "@dit/storage/warehouse/chdb";
import packageJson from "../../package.json" with { type: "json" };
import { createWarehouseEndpointApp } from "./warehouse-endpoint-app.ts";

export interface WarehouseEndpointService extends Service {
  /** Undefined until it has started. */
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
}

export function createWarehouseEndpointService(context: {
  readonly warehouse: ReadOnlyChdb;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: { readonly listenHost: string; readonly listenPort: number; readonly adminPort: number };
}): WarehouseEndpointService {
  const { warehouse, metrics, config } = context;
  const app = createWarehouseEndpointApp(context);
  const admin = createAdminApp({
    service: "warehouse",
    version: packageJson.version,
    metrics,
    checks: [{ name: "warehouse", check: () => warehouse.check() }],
  });
  let server: HttpServer | undefined;
  let adminServer: HttpServer | undefined;
  return {
    name: "warehouse",
    get url() {
      return server?.url;
    },
    get adminUrl() {
      return adminServer?.url;
    },
    async start() {
      adminServer = await listen({ fetch: admin.fetch, host: config.listenHost, port: config.adminPort });
      server = await listen({ fetch: app.fetch, host: config.listenHost, port: config.listenPort });
    },
    async stop() {
      await server?.close();
      await adminServer?.close();
    },
  };
}
