/*
 * What nginx.conf cannot say: a header that was sent twice, and an answer of ingest written anew. For njs 0.7.9 and later, which
 * knows modules by their default export alone and no destructuring.
 */

/* What ingest may tell a client, and what the edge says where it gets no answer. As in packages/protocol/src/problems.ts. */
const PROBLEMS = {
  malformed_request: { status: 400, title: "The request cannot be parsed" },
  credential_invalid: { status: 401, title: "The credential is not valid for this report" },
  use_case_unavailable: { status: 403, title: "The use case is not available to this caller" },
  epoch_expired: { status: 409, title: "The credential's epoch is not redeemable now" },
  token_exhausted: { status: 409, title: "The token has been used as often as it may" },
  use_case_disabled: { status: 410, title: "The use case has been switched off" },
  payload_too_large: { status: 413, title: "The body is larger than allowed" },
  unsupported_media_type: { status: 415, title: "The content type or encoding is not supported" },
  report_invalid: { status: 422, title: "The report does not match its use case" },
  internal_error: { status: 500, title: "The service failed", retryAfterSeconds: 10 },
  dependency_unavailable: { status: 503, title: "A dependency is not available", retryAfterSeconds: 5 },
  overloaded: { status: 503, title: "The service is at its limit", retryAfterSeconds: 5 },
};
const UPSTREAM_UNAVAILABLE = { status: 502, title: "The next service did not answer", retryAfterSeconds: 5 };
const UPSTREAM_TIMEOUT = { status: 504, title: "The next service took too long", retryAfterSeconds: 5 };
const PROBLEM_CONTENT_TYPE = "application/problem+json";
const MAX_DOCUMENT_CHARACTERS = 8192;
const MAX_LINES = 10;
const MAX_LINE_CHARACTERS = 200;

/* A header as RFC 9110 section 5.3 joins one that comes several times: no check takes that for the one that it wants. */
function presented(name) {
  return (r) =>
    r.rawHeadersIn
      .filter((each) => each[0].toLowerCase() === name)
      .map((each) => each[1])
      .join(", ");
}

/* Passes the report on, its body as it was read, and answers: 202 with nothing in it, or a problem document written here. */
async function forward(r) {
  try {
    const reply = await r.subrequest("/ingest", { method: "POST" });
    if (reply.status === 202) accept(r);
    else refuse(r, reply);
  } catch (_error) {
    answer(r, "internal_error", PROBLEMS.internal_error);
  }
}

function accept(r) {
  r.status = 202;
  r.headersOut["Content-Length"] = "0";
  r.sendHeader();
  r.finish();
}

function refuse(r, reply) {
  const told = problemIn(reply);
  if (told !== undefined) {
    answer(r, told.code, PROBLEMS[told.code], told.problems, retryAfterOf(reply));
  } else if (reply.variables.upstream_addr === "ingest") {
    // The group's name in place of an address: no server of it had room, so nothing was sent.
    answer(r, "overloaded", PROBLEMS.overloaded, undefined, 1);
  } else if (reply.status === 504 && !isAnswered(reply)) {
    answer(r, "upstream_timeout", UPSTREAM_TIMEOUT);
  } else {
    answer(r, "upstream_unavailable", UPSTREAM_UNAVAILABLE);
  }
}

/* nginx answers in place of an ingest that does not. */
function isAnswered(reply) {
  return /\d$/.test(reply.variables.upstream_header_time);
}

/* Undefined for whatever is not a refusal that a client may be told: a fault between edge and ingest drops no report. */
function problemIn(reply) {
  if (reply.headersOut["Content-Type"] !== PROBLEM_CONTENT_TYPE) return undefined;
  if (reply.responseText.length > MAX_DOCUMENT_CHARACTERS) return undefined;
  let told;
  try {
    told = JSON.parse(reply.responseText);
  } catch (_error) {
    return undefined;
  }
  if (told === null || typeof told !== "object") return undefined;
  if (typeof told.code !== "string" || !Object.keys(PROBLEMS).includes(told.code)) return undefined;
  if (PROBLEMS[told.code].status !== reply.status) return undefined;
  return told.problems === undefined || areLines(told.problems) ? told : undefined;
}

function areLines(problems) {
  return (
    Array.isArray(problems) &&
    problems.length <= MAX_LINES &&
    problems.every((line) => typeof line === "string" && line.length <= MAX_LINE_CHARACTERS)
  );
}

function retryAfterOf(reply) {
  const seconds = reply.headersOut["Retry-After"];
  return /^\d{1,5}$/.test(seconds) ? Math.max(1, Number(seconds)) : undefined;
}

/* Retry-After is there exactly if the client is to retry. */
function answer(r, code, problem, problems, retryAfterSeconds) {
  if (problem.retryAfterSeconds !== undefined) {
    r.variables.retry_after = String(retryAfterSeconds || problem.retryAfterSeconds);
  }
  const type = `urn:dit:problem:${code}`;
  r.return(
    problem.status,
    JSON.stringify({ type, title: problem.title, status: problem.status, code, problems }),
  );
}

/* Whether any ingest answers at all, whatever it says. */
async function ingestState(r) {
  const reply = await r.subrequest("/ingest-probe");
  if (isAnswered(reply)) return { ok: true };
  return { ok: false, reason: reply.status === 504 ? "timeout" : "unreachable" };
}

async function readiness(r) {
  const ingest = await ingestState(r);
  r.return(ingest.ok ? 200 : 503, JSON.stringify({ ready: ingest.ok, dependencies: { ingest } }));
}

/* All that nginx counts: neither what requests are nor who sends them. */
async function metrics(r) {
  const ingest = await ingestState(r);
  const counted = (await r.subrequest("/stub-status")).responseText.match(/\d+/g);
  const lines = [
    sample(
      "dependency_ready",
      "gauge",
      "Whether a dependency answers",
      Number(ingest.ok),
      '{dependency="ingest"}',
    ),
    sample("nginx_connections", "gauge", "Connections now, those that wait included", counted[0]),
    sample("nginx_connections_accepted_total", "counter", "Connections taken", counted[1]),
    sample(
      "nginx_connections_dropped_total",
      "counter",
      "Of those, dropped for want of room",
      counted[1] - counted[2],
    ),
    sample(
      "nginx_requests_total",
      "counter",
      "Requests whose first line came, this port's included",
      counted[3],
    ),
  ];
  r.headersOut["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8";
  r.return(200, lines.join(""));
}

function sample(name, type, help, value, labels) {
  return `# HELP dit_edge_${name} ${help}\n# TYPE dit_edge_${name} ${type}\ndit_edge_${name}${labels || ""} ${value}\n`;
}

export default {
  contentType: presented("content-type"),
  contentEncoding: presented("content-encoding"),
  credential: presented("dit-credential"),
  forward,
  readiness,
  metrics,
};
