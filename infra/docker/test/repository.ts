import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../../..");

/** A file of the repository, by its path from the root. */
export function readRepositoryFile(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

export const DOCKERFILE = "infra/docker/Dockerfile";
export const COMPOSE_FILE = "infra/compose/compose.yaml";
