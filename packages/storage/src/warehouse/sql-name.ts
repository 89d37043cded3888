/** A backquoted identifier, `a.b` in two parts. Takes only names of lower-case letters, digits and _: nothing else is ever one. */
export function sqlName(name: string): string {
  if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/.test(name)) throw new RangeError("not an identifier");
  return name
    .split(".")
    .map((part) => `\`${part}\``)
    .join(".");
}
