import type { Context } from "./context.ts";

/** Why the client would not use what an issuer sent. A bad issuer could tag clients with any of these. */
export type IssuerRefusal =
  | "keys_malformed"
  | "other_environment"
  | "other_use_case"
  | "other_epoch_length"
  | "other_grace"
  | "too_many_live_keys"
  | "no_key_for_epoch"
  | "two_keys_for_epoch"
  | "key_not_pinned"
  | "answer_malformed"
  | "answer_does_not_verify";

/** The one way in which an issuer's answer is not used. */
export function refuseIssuer({ lose, tell }: Context, reason: IssuerRefusal): undefined {
  lose("issuer_refused");
  tell({ name: "issuer_refused", reason });
}
