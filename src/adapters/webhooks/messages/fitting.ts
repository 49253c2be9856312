/**
 * The text as `escape` writes it, within `limit` UTF-16 units; what is left out is marked. A text is
 * cut before it is escaped, so that no escape is cut in two.
 */
export function fitting(
  text: string,
  limit: number,
  escape: (text: string) => string = (t) => t,
): string {
  const whole = escape(text);
  if (whole.length <= limit) return whole;
  // By code points: a surrogate pair that is cut in two is no character.
  const characters = Array.from(text);
  let [least, most] = [0, characters.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (escape(characters.slice(0, middle).join('')).length < limit) least = middle;
    else most = middle - 1;
  }
  return `${escape(characters.slice(0, least).join(''))}…`;
}
