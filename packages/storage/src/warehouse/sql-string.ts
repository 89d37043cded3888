/** A string literal of ClickHouse's SQL, where a parameter cannot stand. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
