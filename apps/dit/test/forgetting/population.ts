import { toBase64Url, utf8 } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import type { Clock } from "@dit/service-kit";
import { type ComposedServices, ENVIRONMENT, SERVER_BEARER } from "../support/composed-services.ts";
import { fetchCredentials, reportHeaders } from "../support/own-reports.ts";
import { forgottenUseCase } from "./use-case.ts";

const IN_FLIGHT = 32;

/** One report under each pseudonym, through the edge. A token serves many: what is asked here is not about tokens. */
export async function reportUnder(
  pseudonyms: readonly Uint8Array[],
  { acsUrl, edgeUrl }: ComposedServices,
  clock: Clock,
): Promise<void> {
  const { useCase, usesPerToken } = forgottenUseCase;
  const issuer = {
    acsUrl,
    environment: ENVIRONMENT,
    useCase,
    poprf: await createLibsodiumPoprf(),
    nowSeconds: clock.nowMs() / 1000,
  };
  const credentials = await fetchCredentials(issuer, Math.ceil(pseudonyms.length / usesPerToken), {
    authorization: SERVER_BEARER,
    "dit-account": "everybody",
  });
  const at = Math.floor(clock.nowMs() / 60_000) * 60;
  const events = [{ name: "opened", at, fields: { cold: true } }];
  const waiting = pseudonyms.entries();
  const send = async () => {
    for (const [index, pseudonym] of waiting) {
      const credential = credentials[Math.floor(index / usesPerToken)];
      if (credential === undefined) throw new Error("too few credentials");
      const body = new Uint8Array(utf8(JSON.stringify({ pseudonym: toBase64Url(pseudonym), events })));
      const headers = reportHeaders(issuer, credential, body);
      const answer = await fetch(edgeUrl + ROUTES.reports(useCase), { method: "POST", headers, body });
      if (answer.status !== 202) throw new Error(`a report was answered ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, send));
}
