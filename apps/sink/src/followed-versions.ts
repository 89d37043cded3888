import { type Documents, VersionConflictError } from "@dit/storage";

/**
 * Of each use case, the newest version whose comments and retention its tables were given by any sink. Sinks hear of a version at different
 * times: one that hears late must not take the tables back to the version before, whose retention may be shorter.
 */
export interface FollowedVersions {
  /** False: the tables follow a newer version. */
  raise(useCase: string, version: number): Promise<boolean>;
  /** 0 if there is none. */
  newest(useCase: string): Promise<number>;
}

const COLLECTION = "sink-followed-versions";

export function followedVersions(documents: Documents): FollowedVersions {
  async function raise(useCase: string, version: number): Promise<boolean> {
    const stored = await documents.get<number>(COLLECTION, useCase);
    if (stored !== undefined && stored.value >= version) return stored.value === version;
    const change = {
      collection: COLLECTION,
      key: useCase,
      expectedVersion: stored?.version ?? 0,
      value: version,
    };
    try {
      await documents.commit({ changes: [change] });
      return true;
    } catch (error) {
      if (error instanceof VersionConflictError) return await raise(useCase, version);
      throw error;
    }
  }
  return {
    raise,
    newest: async (useCase) => (await documents.get<number>(COLLECTION, useCase))?.value ?? 0,
  };
}
