import { toBase64Url } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";
import type { AuditEntry } from "@dit/storage";
import type { AcsContext } from "../context.ts";
import { primaryKeyPlace } from "../labels.ts";
import type { KeyValidity, StoredKey, StoredKeyRing } from "./key-ring.ts";
import { closedBefore, planKeyRotation } from "./plan-key-rotation.ts";

export type AdvancedKeyRing = { readonly ring: StoredKeyRing; readonly audit: readonly AuditEntry[] };

type Keeper = Pick<AcsContext, "poprf" | "sealer" | "config">;

/** Brings a ring to what the plan for now asks for. Undefined if it is there already. The caller commits it, with its audit. */
export async function advanceKeyRing(
  keeper: Keeper,
  useCase: UseCase,
  ring: StoredKeyRing,
  at: { readonly nowSeconds: number; readonly actor: string },
): Promise<AdvancedKeyRing | undefined> {
  const actions = planKeyRotation(ring.keys, useCase, at.nowSeconds);
  const closedBeforeSeconds = Math.max(ring.closedBeforeSeconds, closedBefore(useCase, at.nowSeconds));
  if (actions.length === 0 && closedBeforeSeconds === ring.closedBeforeSeconds) return undefined;
  const audit: AuditEntry[] = [];
  const note = (action: string, detail: AuditEntry["detail"]) =>
    audit.push({ atSeconds: at.nowSeconds, actor: at.actor, action, subject: useCase.useCase, detail });
  let { keys, lastKeyVersion } = ring;
  for (const action of actions) {
    if (action.action === "destroy") {
      keys = keys.filter((key) => key.keyVersion !== action.keyVersion);
      note("primary_key.destroyed", { keyVersion: action.keyVersion });
      continue;
    }
    lastKeyVersion += 1;
    const { notBefore, notAfter } = action;
    const key = await generateKey(keeper, useCase.useCase, {
      keyVersion: lastKeyVersion,
      notBefore,
      notAfter,
    });
    keys = [...keys, key];
    note("primary_key.generated", {
      keyVersion: lastKeyVersion,
      publicKey: key.publicKey,
      notBefore,
      notAfter,
    });
  }
  return { ring: { lastKeyVersion, closedBeforeSeconds, keys }, audit };
}

async function generateKey(keeper: Keeper, useCase: string, validity: KeyValidity): Promise<StoredKey> {
  const { secretKey, publicKey } = keeper.poprf.generateKeyPair();
  const place = primaryKeyPlace(keeper.config.environment, useCase, validity.keyVersion);
  const sealed = await keeper.sealer.seal(secretKey, place);
  secretKey.fill(0);
  return { ...validity, publicKey: toBase64Url(publicKey), sealedSecret: toBase64Url(sealed) };
}
