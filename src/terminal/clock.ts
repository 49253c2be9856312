/** `09:00:34` of an RFC 3339 time. */
export function clockText(at: string): string {
  return at.slice(11, 19);
}
