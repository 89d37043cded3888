import type { Handler } from "hono";
import type { IssueTokens } from "../issue/issue-tokens.ts";

/** `POST /v1/use-cases/{useCase}/tokens`, authenticated by the use case's authenticator. */
export function issueTokensRoute(issueTokens: IssueTokens): Handler {
  return async (c) => {
    const response = await issueTokens(c.req.param("useCase") ?? "", c.req.raw);
    return c.json(response, 200, { "cache-control": "no-store" });
  };
}
