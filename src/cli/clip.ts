import stringWidth from 'string-width';

const ESCAPE = '\u001B';
const COLOUR_CODE = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);

/** Cuts a line to `width` cells, by what is seen and not by the colour codes in between. */
export function clip(line: string, width: number): string {
  if (stringWidth(line) <= width) return line;
  let left = width - 1;
  const kept = line.split(COLOUR_CODE).map((part) => {
    if (part.startsWith(ESCAPE)) return part;
    const text = part.slice(0, Math.max(0, left));
    left -= stringWidth(text);
    return text;
  });
  return `${kept.join('')}…`;
}
