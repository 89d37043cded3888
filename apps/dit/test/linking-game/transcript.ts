/** What the issuer's side records of one issuance. The account is authenticated there, so it is known. */
export interface Issuance {
  readonly atMs: number;
  readonly account: number;
  readonly keyVersion: number;
  readonly epoch: number;
  readonly count: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** What the anonymous side records of one report; `token` is what is on the wire. */
export interface Redemption {
  readonly atMs: number;
  readonly token: string;
  readonly keyVersion: number;
  readonly epoch: number;
  readonly bodyBytes: number;
}

/** Both channels as the one operator sees them, and, for the referee only, whose reports they were. */
export interface Transcript {
  readonly issuances: Issuance[];
  readonly redemptions: Redemption[];
  readonly ownerOf: Map<string, number>;
}
