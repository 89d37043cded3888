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
  warehouseAdminUrl: "http://127.0.0.1:9123",
};

export type Addresses = Readonly<typeof DEFAULT_ADDRESSES>;
