/**
 * A text of Markdown with what is between `<!-- NAME -->` and `<!-- end of NAME -->` replaced by the
 * part of that name, and nothing else changed.
 *
 * @throws Error when a part has no place in the text.
 */
export function withParts(text: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((all, [name, part]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const [from, to] = [all.indexOf(begin), all.indexOf(end)];
    if (from === -1 || to < from)
      throw new Error(`found no place for ${name}: ${begin} ... ${end}`);
    return `${all.slice(0, from + begin.length)}\n\n${part}\n\n${all.slice(to)}`;
  }, text);
}
