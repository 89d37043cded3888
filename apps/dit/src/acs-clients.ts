import {
  type AcsAdminClient,
  type AcsClient,
  createAcsAdminClient,
  createAcsClient,
  ProblemError,
  Secret,
} from "@dit/service-kit";
import { CommandError } from "./command.ts";
import { readLocalSecret } from "./pipeline/data-directory.ts";
import type { Target } from "./target.ts";

/** The administrator's client of a running ACS: the secret from the environment, or from the data directory of one box. */
export async function adminClientOf(target: Target): Promise<AcsAdminClient> {
  const adminSecret = target.adminSecret ?? (await localSecret(target, "adminSecret"));
  return createAcsAdminClient({ baseUrl: target.addresses.acsUrl, adminSecret });
}

/** The services' client of a running ACS, in the same way. */
export async function serviceClientOf(target: Target): Promise<AcsClient> {
  const serviceSecret = target.serviceSecret ?? (await localSecret(target, "serviceSecret"));
  return createAcsClient({ baseUrl: target.addresses.acsUrl, serviceSecret });
}

/** Runs a call of ACS; what it refuses is told in the words of whoever typed the command. */
export async function askAcs<T>(
  target: Target,
  useCase: string | undefined,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const words = inWords(target, useCase, error);
    throw words === undefined ? error : new CommandError(words, { cause: error });
  }
}

function inWords(
  { addresses: { acsUrl } }: Target,
  useCase: string | undefined,
  { code, detail, cause }: ProblemError,
): string | undefined {
  switch (code) {
    case "dependency_unavailable":
      return cause === undefined
        ? `ACS at ${acsUrl} cannot answer now; \`dit doctor\` says what it lacks`
        : `ACS does not answer at ${acsUrl}: is \`dit up\` running?`;
    case "service_unauthenticated":
      return `ACS at ${acsUrl} does not take this secret: it was started with another one, or with another data directory`;
    case "not_found":
      return (
        useCase &&
        `there is no use case ${JSON.stringify(useCase)}; \`dit use-case list\` shows those there are`
      );
    case "version_conflict":
      return detail;
    default:
      return undefined;
  }
}

async function localSecret(
  { dataDirectory }: Target,
  name: "adminSecret" | "serviceSecret",
): Promise<Secret> {
  return new Secret(await readLocalSecret(dataDirectory, name));
}
