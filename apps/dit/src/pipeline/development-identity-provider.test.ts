import { createLogger, createMetrics } from "@dit/service-kit";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import {
  DEVELOPMENT_AUDIENCE,
  DEVELOPMENT_ISSUER,
  type DevelopmentIdentityProvider,
  startDevelopmentIdentityProvider,
} from "./development-identity-provider.ts";

let provider: DevelopmentIdentityProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

async function start(
  config: { production?: boolean; listenHost?: string } = {},
): Promise<DevelopmentIdentityProvider> {
  provider = await startDevelopmentIdentityProvider({
    logger: createLogger({ service: "identity_provider", write: () => {} }),
    metrics: createMetrics("identity_provider"),
    config: { production: false, listenHost: "127.0.0.1", listenPort: 0, ...config },
  });
  return provider;
}

const ask = (url: string, body: unknown) =>
  fetch(`${url}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

describe("the development identity provider", () => {
  it("signs a token for any account, that its published keys verify", async () => {
    const { url, jwksUrl } = await start();
    const { access_token } = (await (await ask(url, { account: "alice" })).json()) as {
      access_token: string;
    };
    const { payload } = await jwtVerify(access_token, createRemoteJWKSet(new URL(jwksUrl)), {
      issuer: DEVELOPMENT_ISSUER,
      audience: DEVELOPMENT_AUDIENCE,
      algorithms: ["ES256"],
    });
    expect(payload.sub).toBe("alice");
  });

  it.each([[{}], [{ account: "" }], [{ account: "  " }], [{ account: 7 }], [{ account: "a".repeat(300) }]])(
    "refuses %j",
    async (body) => {
      const { url } = await start();
      expect((await ask(url, body)).status).toBe(400);
    },
  );

  it("is not to be had in production, nor beyond loopback", async () => {
    await expect(start({ production: true })).rejects.toThrow("refused in production mode");
    await expect(start({ listenHost: "0.0.0.0" })).rejects.toThrow("loopback only");
  });
});
