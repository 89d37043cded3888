import { fileURLToPath } from "node:url";

/** In the order in which they are started. */
export const SERVICE_KINDS = ["acs", "sink", "reid", "ingest", "edge"] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

/** All that a service's process is given. */
export interface ServicePlan {
  /** Such as `acs-1`. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** Its `main.ts`. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  readonly adminUrl: string;
}

/** Where a deployment keeps its data. */
export interface EngineUrls {
  readonly eventLog: string;
  readonly warehouse: string;
  /** Undefined: embedded, in `dataDirectory`. */
  readonly counters: string | undefined;
  readonly documents: string | undefined;
}

export interface DeploymentSetting {
  readonly engines: EngineUrls;
  /** Of the embedded engines, shared by the processes of this machine. */
  readonly dataDirectory: string;
  readonly secrets: {
    readonly keyEncryptionKey: string;
    readonly serviceSecret: string;
    readonly adminSecret: string;
    readonly edgeSecret: string;
    readonly monitorSecret: string;
  };
  /** What all services are told, without their prefix: `ENVIRONMENT`. */
  readonly shared: Readonly<Record<string, string>>;
  /** Further variables by their full name: each service takes those of its prefix. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** `upstreamUrl`: of ACS for ingest and sink, of ingest for the edge. */
export function planService(
  kind: ServiceKind,
  place: { readonly number: number; readonly ports: readonly [number, number]; readonly upstreamUrl: string },
  setting: DeploymentSetting,
): ServicePlan {
  const prefix = `DIT_${kind.toUpperCase()}_`;
  const [listenPort, adminPort] = place.ports;
  const own = { ...setting.shared, ...environmentOf[kind](setting, place.upstreamUrl) };
  const env = {
    ...Object.fromEntries(Object.entries(setting.variables).filter(([name]) => name.startsWith(prefix))),
    ...Object.fromEntries(
      Object.entries({ ...own, LISTEN_PORT: String(listenPort), ADMIN_PORT: String(adminPort) }).map(
        ([name, value]) => [prefix + name, value],
      ),
    ),
  } as Record<string, string>;
  return {
    name: `${kind}-${place.number}`,
    kind,
    main: fileURLToPath(new URL("./main.ts", import.meta.resolve(`@dit/${kind}`))),
    env,
    url: `http://127.0.0.1:${listenPort}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
  };
}

type Variables = Record<string, string>;

const environmentOf: Record<ServiceKind, (setting: DeploymentSetting, upstreamUrl: string) => Variables> = {
  acs: ({ engines, secrets, dataDirectory }) => ({
    SERVICE_SECRET: secrets.serviceSecret,
    ADMIN_SECRET: secrets.adminSecret,
    MONITOR_SECRET: secrets.monitorSecret,
    KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    DATA_DIRECTORY: dataDirectory,
    ...given("COUNTERS_URL", engines.counters),
    ...given("DOCUMENTS_URL", engines.documents),
  }),
  ingest: ({ engines, secrets }, acsUrl) => ({
    ACS_URL: acsUrl,
    SERVICE_SECRET: secrets.serviceSecret,
    EDGE_SECRET: secrets.edgeSecret,
    EVENT_LOG_URL: engines.eventLog,
  }),
  sink: ({ engines, secrets, dataDirectory }, acsUrl) => ({
    ACS_URL: acsUrl,
    SERVICE_SECRET: secrets.serviceSecret,
    KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    EVENT_LOG_URL: engines.eventLog,
    WAREHOUSE_URL: engines.warehouse,
    ...documentsOf(engines, dataDirectory),
  }),
  reid: ({ engines, secrets, dataDirectory }, acsUrl) => ({
    ACS_URL: acsUrl,
    SERVICE_SECRET: secrets.serviceSecret,
    MONITOR_SECRET: secrets.monitorSecret,
    WAREHOUSE_URL: engines.warehouse,
    ...documentsOf(engines, dataDirectory),
  }),
  edge: ({ secrets }, ingestUrl) => ({ INGEST_URL: ingestUrl, EDGE_SECRET: secrets.edgeSecret }),
};

function documentsOf({ documents }: EngineUrls, dataDirectory: string): Variables {
  return documents === undefined
    ? { DOCUMENTS_PATH: `${dataDirectory}/documents` }
    : { DOCUMENTS_URL: documents };
}

function given(name: string, value: string | undefined): Variables {
  return value === undefined ? {} : { [name]: value };
}
