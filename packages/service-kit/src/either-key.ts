/** Of a server that is used in place of a path: one of the two keys is set. To be spread into `refine` of a configuration's schema. */
export function eitherKey<UrlKey extends string, PathKey extends string>(urlKey: UrlKey, pathKey: PathKey) {
  const check = (config: { readonly [Key in UrlKey | PathKey]?: unknown }) =>
    (config[urlKey] === undefined) !== (config[pathKey] === undefined);
  const options = {
    path: [pathKey],
    message: "is required, or in its place the URL of a server; not both",
    // Told together with whatever else is wrong.
    when: () => true,
  };
  return [check, options] as const;
}
