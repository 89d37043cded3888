import workedExample from "../../packages/crypto-core/test/vectors/worked-example.json" with { type: "json" };
import { LIMITS, PROBLEMS, type ProblemCode } from "../../packages/protocol/src/index.ts";
import paddedExample from "../../packages/protocol/test/vectors/padded-example.json" with { type: "json" };

/** The parts of docs/PROTOCOL.md that code knows better. */
export function protocolTables(): Record<string, string> {
  return { problems: problems(), limits: limits(), example: example() };
}

function problems(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title, action }]) => `| \`${code}\` | ${status} | ${title} | \`${action}\` |`,
  );
  return ["| code | status | title | client |", "|---|---|---|---|", ...rows].join("\n");
}

/** What each limit bounds, and what passing it is answered with. */
const LIMIT_NOTES = {
  maxTokensPerIssueRequest: ["elements of an issue request", "malformed_request"],
  maxIssueBodyBytes: ["issue request, bytes", "payload_too_large"],
  maxUsesPerToken: ["use-case document: `usesPerToken`", "use_case_invalid"],
  maxReportBodyBytes: ["report as sent, padding included, bytes", "payload_too_large"],
  maxReportDecompressedBytes: ["report decompressed, bytes", "payload_too_large"],
  maxEventsPerReport: ["events of a report", "report_invalid"],
  maxFieldsPerEvent: ["use-case document: fields of an event", "use_case_invalid"],
  maxEventsPerUseCase: ["use-case document: events", "use_case_invalid"],
  maxStringFieldLength: ["use-case document: `maxLength` of a string, UTF-16 code units", "use_case_invalid"],
  maxEnumValues: ["use-case document: values of an enum", "use_case_invalid"],
  maxCredentialHeaderLength: ["credential header, characters", "credential_invalid"],
  maxRedemptionsPerRequest: ["items of a redemption or confirmation", "malformed_request"],
  maxRedeemBodyBytes: ["redemption or confirmation, bytes", "payload_too_large"],
  maxUseCaseDocumentBytes: ["use-case document, bytes", "payload_too_large"],
  pseudonymBytes: ["pseudonym, exactly, bytes", "report_invalid"],
  maxEventAgeSeconds: ["age of an event, seconds", undefined],
  maxEventAheadSeconds: ["an event ahead of the server's clock, seconds", undefined],
} as const satisfies Record<keyof typeof LIMITS, readonly [bounds: string, code: ProblemCode | undefined]>;

function limits(): string {
  const rows = Object.entries(LIMIT_NOTES).map(([name, [bounds, code]]) => {
    const value = LIMITS[name as keyof typeof LIMITS].toLocaleString("en-US");
    return `| ${bounds} | ${value} | ${code === undefined ? "event dropped, 202" : `\`${code}\``} |`;
  });
  return ["| of | at most | beyond |", "|---|---|---|", ...rows].join("\n");
}

function example(): string {
  const { given, derived, batch } = workedExample;
  return [
    "One token, one report, uncompressed (and, for brevity, without padding):",
    values({ ...given, ...derived }, "bodyHex"),
    "Two tokens in one request, with the same key, info and proof nonce:",
    values({ ...batch.given, ...batch.derived }),
    "The same report as a gzip member (one stored block), padded to 1,024 bytes, under the first token:",
    values(paddedExample.derived),
  ].join("\n\n");
}

function values(named: Readonly<Record<string, unknown>>, ...leftOut: string[]): string {
  const lines = Object.entries(named)
    .filter(([name]) => !leftOut.includes(name))
    .flatMap(([name, value]) => {
      const each = Array.isArray(value)
        ? value.map((item, index) => [`${name}[${index}]`, item])
        : [[name, value]];
      return each.map(([label, text]) => `${String(label).padEnd(18)}${text}`.trimEnd());
    });
  return ["```", ...lines, "```"].join("\n");
}
