/** The protocol version: the first field of every credential header and part of every domain-separation label. */
export const PROTOCOL_VERSION = "v1";
