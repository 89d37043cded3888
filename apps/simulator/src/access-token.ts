/** An access token of the development identity provider. */
export async function fetchAccessToken(identityProviderUrl: string, account: string): Promise<string> {
  const response = await fetch(`${identityProviderUrl}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ account }),
  });
  if (!response.ok) throw new Error(`the identity provider answered ${response.status}`);
  const { access_token } = (await response.json()) as { access_token: string };
  return access_token;
}
