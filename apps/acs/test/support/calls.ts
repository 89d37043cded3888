import { ROUTES } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import { ADMIN_SECRET, SERVER_SECRET, SERVICE_SECRET } from "./instance.ts";

/** Whatever answers requests. */
export interface Answering {
  readonly app: { fetch(request: Request): Response | Promise<Response> };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, of whatever shape the caller expects. */
  json<T>(): T;
  /** The code of a problem document. */
  readonly code: string | undefined;
}

export async function call(
  { app }: Answering,
  method: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
): Promise<Answer> {
  const { headers = {}, body } = options;
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const request = new Request(`http://acs.test${path}`, {
    method,
    headers: text === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const response = await app.fetch(request);
  const answer = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text: answer,
    json: <T>() => JSON.parse(answer) as T,
    code: /"code":"(\w+)"/.exec(answer)?.[1],
  };
}

export const asAdmin = { authorization: `Bearer ${ADMIN_SECRET}` };
export const asService = { authorization: `Bearer ${SERVICE_SECRET}` };

export function asAccount(account: string): Record<string, string> {
  return { authorization: `Bearer chat_server.${SERVER_SECRET}`, "dit-account": account };
}

export async function putUseCase(acs: Answering, document: UseCaseInput, headers = {}): Promise<Answer> {
  return call(acs, "PUT", ROUTES.useCase(document.useCase), {
    headers: { ...asAdmin, ...headers },
    body: document,
  });
}

/** A use case with defaults: a day's epoch, a year's keys apart from what is said. */
export function useCaseDocument(changes: Partial<UseCaseInput> = {}): UseCaseInput {
  return {
    useCase: "messaging",
    owner: "Messaging team",
    purpose: "Reliability of delivery",
    issuance: { authenticator: "application_server", serverId: "chat_server", tokensPerEpoch: 10 },
    usesPerToken: 4,
    events: {
      message_delivered: {
        fields: { latency_ms: { type: "integer", min: 0, max: 60_000 }, ok: { type: "boolean" } },
      },
    },
    ...changes,
  };
}
