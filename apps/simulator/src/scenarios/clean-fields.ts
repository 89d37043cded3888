import type { FieldInput } from "@dit/protocol/schemas";
import UserAgent from "user-agents";
import type { Random } from "../seeded-random.ts";

/** What telemetry is made of where it was thought about: few values each, and no two of them together have one that few people have. */
export const CLEAN_FIELDS = {
  device_category: { type: "enum", values: ["desktop", "handheld"] },
  os_family: { type: "enum", values: ["android", "ios", "macos", "pc"] },
  browser_engine: { type: "enum", values: ["webkit", "other"] },
  browser_release: { type: "enum", values: ["recent", "older"] },
  screen_class: { type: "enum", values: ["small", "medium", "large"] },
} as const satisfies Readonly<Record<string, FieldInput>>;

export type CleanValues = {
  readonly [Name in keyof typeof CLEAN_FIELDS]: (typeof CLEAN_FIELDS)[Name]["values"][number];
};

/** `deviceCategory` is in the data, and not in the package's types. */
type SeenBrowser = ReturnType<typeof UserAgent.top>[number] & { readonly deviceCategory?: string };

/** A narrower handheld is small. */
const MEDIUM_FROM_PX = 400;
/** Half of the people have an older one, in the data that the package was published with. */
const RECENT_FROM_RELEASE = { webkit: 26, other: 150 } as const;

/** Weighted draws from the browsers that were really seen, as `user-agents` publishes them, told as coarsely as the fields have it. */
export function createCleanSource(random: Random): () => CleanValues {
  const seen: readonly SeenBrowser[] = UserAgent.top();
  const values = seen.map(cleanValuesOf);
  let total = 0;
  const upTo = seen.map(({ weight }) => {
    total += weight;
    return total;
  });
  return () => {
    const drawn = random() * total;
    const at = upTo.findIndex((bound) => drawn < bound);
    return values[at] ?? (values[0] as CleanValues);
  };
}

function cleanValuesOf(browser: SeenBrowser): CleanValues {
  const engine = engineOf(browser);
  const isHandheld = browser.deviceCategory !== "desktop";
  return {
    device_category: isHandheld ? "handheld" : "desktop",
    os_family: osOf(browser),
    browser_engine: engine,
    browser_release: releaseOf(browser) >= RECENT_FROM_RELEASE[engine] ? "recent" : "older",
    screen_class: !isHandheld ? "large" : browser.screenWidth < MEDIUM_FROM_PX ? "small" : "medium",
  };
}

/** By the device first: what a handheld calls itself when it asks for a page made for desktops is rare. */
function osOf({ userAgent, deviceCategory }: SeenBrowser): CleanValues["os_family"] {
  const isApples = userAgent.includes("Mac OS");
  if (deviceCategory === "desktop") return isApples ? "macos" : "pc";
  return isApples ? "ios" : "android";
}

/** All browsers of iOS are WebKit, whatever their names. */
function engineOf(browser: SeenBrowser): CleanValues["browser_engine"] {
  return osOf(browser) === "ios" || !/Chrome|Firefox/.test(browser.userAgent) ? "webkit" : "other";
}

/** The major version; 0 if it does not tell. */
function releaseOf({ userAgent }: SeenBrowser): number {
  const [, major = "0"] = /(?:Version|CriOS|Chrome|FxiOS|Firefox)\/(\d+)/.exec(userAgent) ?? [];
  return Number(major);
}
