const REFERENCE = /\$(?:\$|\{([A-Za-z_]\w*)(?::?-([^}]*))?\})/g;

/**
 * What Compose makes of `${NAME}`, `${NAME:-default}` and `$$`, in every string of a document. What is neither set nor has a default is
 * an error here: Compose would put nothing in its place, and say so where nobody reads it.
 */
export function interpolate(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return interpolateText(value, env);
  if (Array.isArray(value)) return value.map((each) => interpolate(each, env));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolate(each, env)]));
}

function interpolateText(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(REFERENCE, (reference, name: string | undefined, fallback: string | undefined) => {
    if (reference === "$$") return "$";
    const value = env[name ?? ""] ?? fallback;
    if (value === undefined) throw new Error(`\${${name}} has no default`);
    return value;
  });
}

/** Every variable that a text names, with the default it is given there. */
export function referencesIn(
  text: string,
): { readonly name: string; readonly fallback: string | undefined }[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name, fallback]) =>
    name === undefined ? [] : [{ name, fallback }],
  );
}
