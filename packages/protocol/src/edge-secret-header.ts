/** What ingest knows the edge by: a secret that both are configured with. Ingest refuses whatever comes without it. */
export const EDGE_SECRET_HEADER = "dit-edge";
