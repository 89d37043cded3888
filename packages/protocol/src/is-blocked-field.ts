/** Event -> names of its fields that are not collected. */
export type BlockedFields = Readonly<Record<string, readonly string[]>>;

/** Asks for own names only: an event may be called as something every object has, such as `constructor`. */
export function isBlockedField(blockedFields: BlockedFields, event: string, field: string): boolean {
  return Object.hasOwn(blockedFields, event) && blockedFields[event]?.includes(field) === true;
}
