/** A piece of a page, safe as it stands: made by `markup`, or a constant of ours. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | readonly Markup[];

/** A piece of a page: whatever is filled in that is no piece itself is text, and stays text. */
export function markup(pieces: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const filled = values.map((value, i) => `${textOf(value)}${pieces[i + 1] ?? ''}`);
  return new Markup(`${pieces[0] ?? ''}${filled.join('')}`);
}

/** Nothing, where there is nothing to show. */
export const NOTHING = new Markup('');

function textOf(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escaped(String(value));
}

/** In texts and in quoted attributes. Control characters are no part of a page. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}]/gu, (c) => (c === '\n' || c === '\t' ? c : '\uFFFD'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
