import {
  type AcsAdminClient,
  type AcsClient,
  createAcsAdminClient,
  createAcsClient,
  Secret,
} from "@dit/service-kit";
import { addressesFrom, dataDirectoryFrom } from "./addresses.ts";
import type { CommandIo } from "./command.ts";
import { readLocalSecret } from "./pipeline/data-directory.ts";

/** The administrator's client of a running ACS: the secret from the environment, or from the data directory of one box. */
export async function adminClientFrom(
  env: CommandIo["env"],
  dataOption: string | undefined,
): Promise<AcsAdminClient> {
  const secret =
    env.DIT_ADMIN_SECRET ?? (await readLocalSecret(dataDirectoryFrom(env, dataOption), "adminSecret"));
  return createAcsAdminClient({ baseUrl: addressesFrom(env).acsUrl, adminSecret: new Secret(secret) });
}

/** The services' client of a running ACS, in the same way. */
export async function serviceClientFrom(
  env: CommandIo["env"],
  dataOption: string | undefined,
): Promise<AcsClient> {
  const secret =
    env.DIT_SERVICE_SECRET ?? (await readLocalSecret(dataDirectoryFrom(env, dataOption), "serviceSecret"));
  return createAcsClient({ baseUrl: addressesFrom(env).acsUrl, serviceSecret: new Secret(secret) });
}
