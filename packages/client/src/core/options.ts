import type { Poprf } from "@dit/crypto-core";
import type { EventName, FieldsOf } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import type { ClientLimits } from "./client-limits.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { LossReason } from "./losses.ts";
import type { Platform } from "./platform.ts";
import type { Timing } from "./timing.ts";

/**
 * A primary public key the app was shipped with. The version belongs to the pin: it is in every credential, so an issuer that
 * could choose it for each client could tell its clients apart by it.
 */
export interface PinnedKey {
  readonly keyVersion: number;
  /** 32 bytes, base64url. */
  readonly publicKey: string;
}

export interface ClientOptions<U extends UseCaseInput> {
  /** What `defineUseCase` returned: types `log`, and is what the issuer's key document must agree with. */
  readonly useCase: U;
  readonly environment: string;
  /** The issuer, or an application server that passes on to it; without a path's last slash. */
  readonly acsUrl: string;
  readonly edgeUrl: string;
  /** The current key and the next one. */
  readonly pinnedKeys: readonly PinnedKey[];
  /** An access token for `acsUrl`, sent as `Authorization: Bearer`. Asked before each issuance, never for a report. */
  readonly account: () => Promise<string>;
  /** Off until granted: pass what the user decided earlier, or call `grantConsent`. */
  readonly consent?: boolean;
  readonly platform?: Partial<Platform>;
  readonly poprf?: Poprf;
  readonly timing?: Partial<Timing>;
  readonly limits?: Partial<ClientLimits>;
  readonly onDiagnostic?: (diagnostic: Diagnostic) => void;
}

/** A report as the next flush would send it. */
export interface ReportPreview {
  readonly url: string;
  /** All of them; the credential's value is left out, since whoever holds it can link the report. */
  readonly headers: Readonly<Record<string, string>>;
  /** Byte for byte what is sent. */
  readonly body: Uint8Array;
  /** What `body` says. */
  readonly json: string;
}

/** No method throws or rejects. */
export interface Client<U extends UseCaseInput> {
  /** Queues one event. What the use case does not declare is dropped and counted. */
  log<E extends EventName<U>>(event: E, fields?: FieldsOf<U, E>): void;
  grantConsent(): void;
  /** Stops at once and wipes queue, tokens and pseudonym, in memory and in the store. */
  revokeConsent(): void;
  /**
   * Sends what is queued without waiting for the dithered time. What cannot leave now stays queued: while the server asks to
   * wait, or while no token is old enough.
   */
  flush(): Promise<void>;
  /** Saves, stops the timers and abandons a request under way (it is repeated at the next start). Sends nothing. */
  close(): Promise<void>;
  /** What a flush would send if it were made now. Uses nothing up. */
  preview(): Promise<ReportPreview[]>;
  /** Counted since the client was created. */
  losses(): Readonly<Record<LossReason, number>>;
}
