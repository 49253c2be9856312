/** `09:00:34` of an RFC 3339 time. */
export function clockText(at: string): string {
  return at.slice(11, 19);
}

/** How to show moments that are told together: `11-21 09:00:34` where they are not all of one day. */
export function clockFor(moments: readonly string[]): (at: string) => string {
  const days = new Set(moments.map((at) => at.slice(0, 10)));
  return days.size <= 1 ? clockText : (at) => `${at.slice(5, 10)} ${clockText(at)}`;
}
