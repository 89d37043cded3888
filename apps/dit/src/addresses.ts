/** Where each part of one box is reached unless it is told otherwise. */
export const DEFAULT_ADDRESSES = {
  edgeUrl: "http://127.0.0.1:8080",
  acsUrl: "http://127.0.0.1:8081",
  warehouseUrl: "http://127.0.0.1:8123",
  /** Empty where there is none. */
  identityProviderUrl: "http://127.0.0.1:8086",
  edgeAdminUrl: "http://127.0.0.1:9080",
  acsAdminUrl: "http://127.0.0.1:9081",
  ingestAdminUrl: "http://127.0.0.1:9082",
  sinkAdminUrl: "http://127.0.0.1:9083",
  reidAdminUrl: "http://127.0.0.1:9084",
  /** Empty where there is none: a ClickHouse server answers for itself. */
  warehouseAdminUrl: "http://127.0.0.1:9123",
};

export type Addresses = Readonly<typeof DEFAULT_ADDRESSES>;

/** The addresses of every instance of each part; none where there is no such part. */
export type Instances = { readonly [Name in keyof Addresses]: readonly string[] };

export function instancesOf(addresses: Addresses): Instances {
  return mapAddresses((name) => (addresses[name] === "" ? [] : [addresses[name]]));
}

/** For whoever speaks to one of them: the first of each. */
export function firstOf(instances: Instances): Addresses {
  return mapAddresses((name) => instances[name][0] ?? "");
}

function mapAddresses<T>(read: (name: keyof Addresses) => T): Record<keyof Addresses, T> {
  const names = Object.keys(DEFAULT_ADDRESSES) as (keyof Addresses)[];
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<keyof Addresses, T>;
}
