import {
  type CredentialInfo,
  credentialInfo,
  deriveMacKey,
  fromBase64Url,
  isRedeemable,
  type Poprf,
  type Scalar,
  token,
  transcriptDigestBytes,
  verifyReportMac,
} from "@dit/crypto-core";
import { type RedeemRequest, type RedeemResult, redeemRequestSchema } from "@dit/protocol/schemas";
import { type AcsClient, type Clock, nowSeconds, ProblemError, type UseCaseVersion } from "@dit/service-kit";

type Item = RedeemRequest["items"][number];
type Uses = Map<string, "reserved" | "confirmed">;

/** ACS with its counters in a map: real keys, real MACs, the same answers. A test can take it away. */
export interface AcsInMemory extends AcsClient {
  isDown: boolean;
  /** Refuses the service's secret. */
  refusesService: boolean;
  /** Refuses confirmations only. */
  refusesConfirmations: boolean;
  /** What redemptions wait for, once they have come in. */
  redeemsAfter: Promise<void>;
  readonly redeemBatchSizes: number[];
  /** Tokens that have a counter. */
  readonly tokenCount: number;
  usesOf(token: string): number;
}

export function createAcsInMemory(options: {
  readonly environment: string;
  readonly poprf: Poprf;
  readonly secretKey: Scalar;
  readonly clock: Clock;
  readonly useCases: readonly UseCaseVersion[];
}): AcsInMemory {
  const { environment, poprf, secretKey, clock, useCases } = options;
  const usesByToken = new Map<string, Uses>();

  function isGenuine(item: Item, epochSeconds: number): boolean {
    const info: CredentialInfo = { environment, ...item, epochSeconds };
    const output = poprf.evaluate(secretKey, token(bytes(item.token)), credentialInfo(info));
    return verifyReportMac(
      deriveMacKey(output),
      transcriptDigestBytes(bytes(item.transcript)),
      bytes(item.mac),
    );
  }

  function redeemOne(item: Item): RedeemResult {
    const document = useCases.find((each) => each.document.useCase === item.useCase)?.document;
    if (document === undefined) return { outcome: "refused", code: "use_case_unavailable" };
    const { seconds: epochSeconds, graceSeconds } = document.epoch;
    const at = { epoch: item.epoch, epochSeconds, graceSeconds, nowSeconds: nowSeconds(clock) };
    if (item.keyVersion !== 1 || !isGenuine(item, epochSeconds))
      return { outcome: "refused", code: "credential_invalid" };
    if (!isRedeemable(at)) return { outcome: "refused", code: "epoch_expired" };
    const uses: Uses = usesByToken.get(item.token) ?? new Map();
    const limit = document.usesPerToken;
    const known = uses.get(item.mac);
    if (known !== undefined)
      return { outcome: known === "confirmed" ? "confirmed" : "repeated", uses: uses.size, limit };
    if (uses.size >= limit) return { outcome: "refused", code: "token_exhausted" };
    usesByToken.set(item.token, uses.set(item.mac, "reserved"));
    return { outcome: "reserved", uses: uses.size, limit };
  }

  const acs: AcsInMemory = {
    isDown: false,
    refusesService: false,
    refusesConfirmations: false,
    redeemsAfter: Promise.resolve(),
    redeemBatchSizes: [],
    get tokenCount() {
      return usesByToken.size;
    },
    usesOf: (tokenText) => usesByToken.get(tokenText)?.size ?? 0,
    async redeem({ items }) {
      if (acs.isDown) throw new ProblemError("dependency_unavailable");
      if (acs.refusesService) throw new ProblemError("service_unauthenticated");
      if (!redeemRequestSchema.safeParse({ items }).success) throw new ProblemError("malformed_request");
      acs.redeemBatchSizes.push(items.length);
      await acs.redeemsAfter;
      return { results: items.map(redeemOne) };
    },
    async confirm({ items }) {
      if (acs.isDown || acs.refusesConfirmations) throw new ProblemError("dependency_unavailable");
      for (const { token: tokenText, mac } of items) usesByToken.get(tokenText)?.set(mac, "confirmed");
    },
    async listUseCases(etag) {
      if (acs.isDown) throw new ProblemError("dependency_unavailable");
      return etag === "1" ? "unchanged" : { etag: "1", list: { environment, useCases: [...useCases] } };
    },
  };
  return acs;
}

function bytes(text: string): Uint8Array {
  return fromBase64Url(text) ?? new Uint8Array();
}
