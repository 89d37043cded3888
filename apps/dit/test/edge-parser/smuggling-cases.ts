import type { SignedReport } from "./intake.ts";

/**
 * What must come of it, apart from the connection's end. `refused`: nothing reaches ingest, and every answer is a 4xx. `one`:
 * ingest gets the genuine report and nothing else, and the answer is 202. `cut`: ingest gets the genuine report at most; the
 * connection may end without an answer, since the client itself said that nothing would follow.
 */
export type Wanted = "refused" | "one" | "cut";

/**
 * What an edge may do instead that is not ours to change. `refused`: as above; no client writes like that. `read`: it takes line
 * ends, control characters and trailers as RFC 9112 lets a lenient reader (sections 2.2, 5.5 and 7.1.2), so that `hidden` may be the
 * next request of its own client on its own connection; all that ingest gets is still written anew. Only who reads it otherwise in
 * front of that edge, and shares the connection among clients, would be deceived: nobody may stand there.
 */
export type Lenient = "refused" | "read";

export interface SmugglingCase {
  readonly name: string;
  readonly wanted: Wanted;
  readonly lenient?: Lenient;
  /** `report` is genuine; `hidden` is a whole genuine request of the attacker's, to be carried past the parser. */
  bytes(report: SignedReport, hidden: string): string;
}

const CHUNKED = "Transfer-Encoding: chunked";
const NONE = "0\r\n\r\n";

/** A request of the report with other framing headers, and `body` as it stands on the wire. */
function framed(
  report: SignedReport,
  framing: readonly string[],
  body: string,
  { method = "POST", target = report.path, version = "HTTP/1.1" } = {},
): string {
  const own = Object.entries(report.headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} ${version}`, "Host: localhost", ...own, ...framing, "", body].join("\r\n");
}

/** The report as an honest client sends it. */
export function honestRequest(report: SignedReport): string {
  return framed(report, [lengthOf(text(report))], text(report));
}

function text({ body }: SignedReport): string {
  return Buffer.from(body).toString("latin1");
}

function lengthOf(body: string): string {
  return `Content-Length: ${body.length}`;
}

function chunk(data: string, extension = ""): string {
  return `${data.length.toString(16)}${extension}\r\n${data}\r\n`;
}

/** Two framings at once: whoever goes by the other one finds `hidden` where a request begins. */
const twoFramings = (name: string, ...transferEncoding: readonly string[]): SmugglingCase[] => [
  {
    name: `CL.TE, ${name}`,
    wanted: "refused",
    bytes: (report, hidden) => framed(report, [lengthOf(NONE + hidden), ...transferEncoding], NONE + hidden),
  },
  {
    name: `TE.CL, ${name}`,
    wanted: "refused",
    bytes: (report, hidden) =>
      framed(report, [...transferEncoding, "Content-Length: 4"], chunk(hidden) + NONE),
  },
];

/** One framing in an odd spelling: whoever overlooks it takes what follows the head for the next request. */
const oddCoding = (name: string, ...transferEncoding: readonly string[]): SmugglingCase => ({
  name: `TE alone, ${name}`,
  wanted: "refused",
  ...(name === "after a bare line feed" && { lenient: "read" }),
  bytes: (report, hidden) => framed(report, transferEncoding, NONE + hidden),
});

const oddLength = (name: string, ...lines: readonly string[]): SmugglingCase => ({
  name: `Content-Length ${name}`,
  wanted: "refused",
  bytes: (report, hidden) =>
    framed(
      report,
      lines.map((line) => line.replace("N", String(report.body.length))),
      text(report) + hidden,
    ),
});

const oddHead = (name: string, line: string, lenient?: Lenient): SmugglingCase => ({
  name,
  wanted: "refused",
  ...(lenient && { lenient }),
  bytes: (report, hidden) => framed(report, [line, lengthOf(text(report))], text(report) + hidden),
});

const CODINGS: readonly (readonly [string, ...string[]])[] = [
  ["plain", CHUNKED],
  ["upper case", "TRANSFER-ENCODING: CHUNKED"],
  ["mixed case", "Transfer-encoding: cHuNkEd"],
  ["no blank", "Transfer-Encoding:chunked"],
  ["a tab before the value", "Transfer-Encoding:\tchunked"],
  ["blanks after the value", "Transfer-Encoding: chunked  "],
  ["a blank before the colon", "Transfer-Encoding : chunked"],
  ["a tab before the colon", "Transfer-Encoding\t: chunked"],
  ["a vertical tab", "Transfer-Encoding: \x0bchunked"],
  ["a form feed", "Transfer-Encoding: \x0cchunked"],
  ["a NUL in the name", "Transfer-Encoding\x00: chunked"],
  ["a NUL in the value", "Transfer-Encoding: chunked\x00"],
  ["quoted", 'Transfer-Encoding: "chunked"'],
  ["a leading comma", "Transfer-Encoding: ,chunked"],
  ["a list, chunked last", "Transfer-Encoding: identity, chunked"],
  ["a list, chunked first", "Transfer-Encoding: chunked, identity"],
  ["a list, chunked twice", "Transfer-Encoding: chunked, chunked"],
  ["a parameter", "Transfer-Encoding: chunked;q=1"],
  ["an unknown coding", "Transfer-Encoding: xchunked"],
  ["identity", "Transfer-Encoding: identity"],
  ["gzip", "Transfer-Encoding: gzip"],
  ["empty", "Transfer-Encoding:"],
  ["twice", CHUNKED, CHUNKED],
  ["twice, unlike", CHUNKED, "Transfer-Encoding: identity"],
  ["twice, unlike, turned", "Transfer-Encoding: identity", CHUNKED],
  ["behind a fold", "X: a\r\n Transfer-Encoding: chunked", CHUNKED],
  ["folded", "Transfer-Encoding:\r\n chunked"],
  ["after a bare line feed", "X: a\nTransfer-Encoding: chunked"],
  ["after a bare carriage return", "X: a\rTransfer-Encoding: chunked"],
  ["a first line that is blank", " Transfer-Encoding: chunked"],
];

/** Not refused by themselves: a coding that is just chunked, whatever its case and the blanks around it. */
const IS_CHUNKED = new Set([
  "plain",
  "upper case",
  "mixed case",
  "no blank",
  "a tab before the value",
  "blanks after the value",
]);

export const SMUGGLING_CASES: readonly SmugglingCase[] = [
  ...CODINGS.flatMap(([name, ...lines]) => twoFramings(name, ...lines)),
  ...CODINGS.filter(([name]) => !IS_CHUNKED.has(name)).map(([name, ...lines]) => oddCoding(name, ...lines)),
  ...CODINGS.filter(([name]) => IS_CHUNKED.has(name)).map(
    ([name, ...lines]): SmugglingCase => ({
      name: `TE alone, ${name}, a body in two chunks`,
      wanted: "one",
      ...(name === "a tab before the value" && { lenient: "refused" }),
      bytes: (report) => {
        const body = text(report);
        return framed(report, lines, chunk(body.slice(0, 7)) + chunk(body.slice(7)) + NONE);
      },
    }),
  ),

  oddLength("twice and equal", "Content-Length: N", "Content-Length: N"),
  oddLength("twice and unlike", "Content-Length: N", "Content-Length: 0"),
  oddLength("twice and unlike, turned", "Content-Length: 0", "Content-Length: N"),
  oddLength("as a list", "Content-Length: N, N"),
  oddLength("as a list, unlike", "Content-Length: N, 0"),
  oddLength("with a plus", "Content-Length: +N"),
  oddLength("with a minus", "Content-Length: -N"),
  oddLength("minus zero", "Content-Length: -0"),
  oddLength("with a blank inside", "Content-Length: 1 N"),
  oddLength("in hex", "Content-Length: 0xN"),
  oddLength("with a fraction", "Content-Length: N.0"),
  oddLength("with an exponent", "Content-Length: Ne0"),
  oddLength("with an underscore", "Content-Length: 1_0"),
  oddLength("in other digits", "Content-Length: \xb2N"),
  oddLength("empty", "Content-Length:"),
  oddLength("beyond 64 bits", "Content-Length: 18446744073709551617"),
  oddLength("quoted", 'Content-Length: "N"'),
  oddLength("with a blank before the colon", "Content-Length : N"),
  oddLength("folded", "Content-Length:\r\n N"),
  oddLength("after a bare line feed", "X: a\nContent-Length: N", "Content-Length: 0"),

  oddHead("a header that is folded", "X-Folded: a\r\n b"),
  oddHead("a header that begins with a fold", "X-Folded:\r\n\tb"),
  oddHead("a header that ends in a bare line feed", "X: a\nY: b", "read"),
  oddHead("a header that ends in a bare carriage return", "X: a\rY: b"),
  oddHead("a NUL in a value", "X: a\x00b"),
  oddHead("a NUL in a name", "X\x00: a"),
  oddHead("a control character in a value", "X: a\x08b", "read"),
  oddHead("a blank in a name", "X Y: a"),
  oddHead("a header without a name", ": a"),
  oddHead("a header without a colon", "X", "read"),
  oddHead("a head that ends in bare line feeds", "X: a\n\nPOST / HTTP/1.1"),

  {
    name: "a request line that ends in a bare line feed",
    wanted: "refused",
    lenient: "read",
    bytes: (report, hidden) => honestRequest(report).replace("HTTP/1.1\r\n", "HTTP/1.1\n") + hidden,
  },
  {
    name: "no HTTP version",
    wanted: "refused",
    bytes: (report, hidden) =>
      framed(report, [lengthOf(text(report))], text(report) + hidden, { version: "" }),
  },
  {
    name: "HTTP/0.9",
    wanted: "refused",
    bytes: (report, hidden) =>
      framed(report, [lengthOf(text(report))], text(report) + hidden, { version: "HTTP/0.9" }),
  },
  {
    name: "HTTP/2.0 in words",
    wanted: "refused",
    bytes: (report, hidden) =>
      framed(report, [lengthOf(text(report))], text(report) + hidden, { version: "HTTP/2.0" }),
  },
  {
    name: "HTTP/1.0 with chunks",
    wanted: "refused",
    bytes: (report, hidden) =>
      framed(report, [CHUNKED, "Connection: keep-alive"], NONE + hidden, { version: "HTTP/1.0" }),
  },
  {
    name: "HTTP/1.0 with something behind it",
    wanted: "cut",
    bytes: (report, hidden) =>
      framed(report, [lengthOf(text(report))], text(report) + hidden, { version: "HTTP/1.0" }),
  },
  {
    name: "a last request with something behind it",
    wanted: "cut",
    bytes: (report, hidden) =>
      framed(report, ["Connection: close", lengthOf(text(report))], text(report) + hidden),
  },
  {
    name: "HTTP/1.0",
    wanted: "one",
    bytes: (report) => framed(report, [lengthOf(text(report))], text(report), { version: "HTTP/1.0" }),
  },
  {
    name: "no Host",
    wanted: "refused",
    bytes: (report, hidden) => honestRequest(report).replace("Host: localhost\r\n", "") + hidden,
  },
  {
    name: "two Hosts",
    wanted: "refused",
    bytes: (report, hidden) =>
      framed(report, ["Host: ingest.example", lengthOf(text(report))], text(report) + hidden),
  },
  {
    name: "a preface of HTTP/2",
    wanted: "refused",
    bytes: (_, hidden) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`,
  },
  {
    name: "CONNECT",
    wanted: "refused",
    bytes: (_, hidden) => `CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n${hidden}`,
  },

  // A chunked body that is none.
  ...(
    [
      ["a size with a minus", "-1\r\n"],
      ["a size with a prefix", "0x5\r\nhello\r\n"],
      ["a size with a blank before it", " 5\r\nhello\r\n"],
      ["a size with a plus", "+5\r\nhello\r\n"],
      ["a size that wraps round 64 bits", "10000000000000005\r\nhello\r\n"],
      ["a size that is empty", "\r\nhello\r\n"],
      ["a size that ends in a bare line feed", "5\nhello\r\n", "read"],
      ["a size that ends in a bare carriage return", "5\rhello\r\n"],
      ["data that is longer than its size", "3\r\nhello\r\n"],
      ["data that ends in a bare line feed", "5\r\nhello\n", "read"],
      ["an extension with a line feed", "5;a\nb\r\nhello\r\n"],
      ["an extension with a NUL", "5;a\x00\r\nhello\r\n", "read"],
    ] as const satisfies readonly (readonly [string, string, Lenient?])[]
  ).map(
    ([name, chunks, lenient]): SmugglingCase => ({
      name: `chunks: ${name}`,
      wanted: "refused",
      ...(lenient && { lenient }),
      bytes: (report, hidden) => framed(report, [CHUNKED], chunks + NONE + hidden),
    }),
  ),

  // Well-formed, and still only one request.
  {
    name: "an honest request",
    wanted: "one",
    bytes: (report) => honestRequest(report),
  },
  {
    name: "chunk extensions",
    wanted: "one",
    bytes: (report, hidden) =>
      framed(report, [CHUNKED], chunk(text(report), `;a=b;c="${hidden.slice(0, 4)}"`) + NONE),
  },
  {
    name: "trailers",
    wanted: "one",
    bytes: (report) =>
      framed(
        report,
        [CHUNKED, "Trailer: DIT-Edge"],
        `${chunk(text(report))}0\r\nDIT-Edge: mine\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n`,
      ),
  },
  ...["Content-Length: 1", CHUNKED].map(
    (line): SmugglingCase => ({
      name: `a trailer that frames: ${line}`,
      wanted: "refused",
      lenient: "read",
      bytes: (report, hidden) =>
        framed(report, [CHUNKED], `${chunk(text(report))}0\r\n${line}\r\n\r\n${hidden}`),
    }),
  ),
  {
    name: "an upgrade to h2c",
    wanted: "one",
    bytes: (report) =>
      framed(
        report,
        [
          "Connection: Upgrade, HTTP2-Settings",
          "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAAQAAP__",
          lengthOf(text(report)),
        ],
        text(report),
      ),
  },
  {
    name: "an upgrade to a websocket",
    wanted: "one",
    bytes: (report) =>
      framed(report, ["Connection: Upgrade", "Upgrade: websocket", lengthOf(text(report))], text(report)),
  },
  {
    name: "a body that waits for 100-continue",
    wanted: "one",
    bytes: (report) => framed(report, ["Expect: 100-continue", lengthOf(text(report))], text(report)),
  },
  {
    name: "an absolute target elsewhere",
    wanted: "one",
    bytes: (report) =>
      framed(report, [lengthOf(text(report))], text(report), {
        target: `http://127.0.0.1:1${report.path}`,
      }),
  },
  {
    name: "a header that names connection headers of the protocol",
    wanted: "one",
    bytes: (report) =>
      framed(
        report,
        ["Connection: keep-alive, dit-credential, content-length", lengthOf(text(report))],
        text(report),
      ),
  },
];
