import { request as httpRequest } from "node:http";

export interface Answer {
  readonly status: number;
  /** The code of a problem document; `accepted` for 202, `ok` for 200. */
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly text: string;
}

export async function post(
  url: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const bytes = typeof body === "string" ? body : body.slice();
  return answerOf(await fetch(url, { method: "POST", headers: { ...headers }, body: bytes }));
}

/** Text goes as it is. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return post(url, text, { "content-type": "application/json", ...headers });
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const named = response.status === 202 ? "accepted" : response.status === 200 ? "ok" : undefined;
  return {
    status: response.status,
    code: named ?? /"code":"(\w+)"/.exec(text)?.[1],
    headers: response.headers,
    text,
  };
}

/**
 * All that whoever sends a request can see of its answer, but for the date: status line, header lines in order and
 * spelling, body. On a connection of its own.
 */
export function wholeAnswer(
  url: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: "POST", agent: false, headers: { ...headers, "content-length": Buffer.byteLength(body) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const { httpVersion, statusCode, statusMessage, rawHeaders } = response;
          const lines = rawHeaders.flatMap((name, at) =>
            at % 2 === 0 && name.toLowerCase() !== "date" ? [`${name}: ${rawHeaders[at + 1]}`] : [],
          );
          const head = [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`, ...lines].join("\r\n");
          resolve(`${head}\r\n\r\n${Buffer.concat(chunks).toString("latin1")}`);
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
