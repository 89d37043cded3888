import { credentials } from "./credentials.ts";
import type { Dashboard } from "./dashboard.ts";
import { intake } from "./intake.ts";
import { pipeline } from "./pipeline.ts";
import { reIdentification } from "./re-identification.ts";
import { storage } from "./storage.ts";

/** Every dashboard that is shipped. */
export const DASHBOARDS: readonly Dashboard[] = [pipeline, intake, credentials, storage, reIdentification];
