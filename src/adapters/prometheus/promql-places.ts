import type { QueryLanguage } from '../../api/query-template.ts';

/** PromQL, which knows strings of three kinds and comments. */
export const PROMQL: QueryLanguage = {
  placesIn: (pieces) =>
    placesIn(pieces).map((place) => ({
      quote: (value) => quoteFor(place, value),
      allowed: ALLOWED[place],
    })),
};

/** Where in a query something is filled in. */
type Place =
  'bare' | 'single-quoted' | 'double-quoted' | 'raw string' | 'comment' | 'after a backslash';

const WORDS = 'letters, digits and _ : . + - outside quotes';
const ALLOWED: Readonly<Record<Place, string>> = {
  bare: WORDS,
  comment: WORDS,
  'raw string': 'anything without a backquote there',
  'after a backslash': 'nothing right after a backslash',
  'single-quoted': 'any text',
  'double-quoted': 'any text',
};

function placesIn(pieces: readonly string[]): Place[] {
  let place: Place = 'bare';
  return pieces.map((piece) => {
    for (const [token] of piece.matchAll(TOKEN)) place = after(place, token);
    return HALF_ESCAPE.test(piece) && place.endsWith('-quoted') ? 'after a backslash' : place;
  });
}

/** A value for a place, or undefined where it cannot be said there. */
function quoteFor(place: Place, value: string): string | undefined {
  switch (place) {
    case 'bare':
    case 'comment':
      return /^[A-Za-z0-9_:.+-]*$/.test(value) ? value : undefined;
    case 'after a backslash':
      return undefined;
    case 'raw string':
      return value.includes('`') ? undefined : value;
    case 'single-quoted':
      return inString(value, `'`);
    case 'double-quoted':
      return inString(value, `"`);
  }
}

/** A backslash that would take the first letter of what follows with it. */
const HALF_ESCAPE = /(?<!\\)(?:\\\\)*\\$/;

/** An escaped character counts as one token: its quote ends nothing. */
const TOKEN = /\\[\s\S]|["'`#\n]/g;

const OPENS: Readonly<Record<string, Place>> = {
  '"': 'double-quoted',
  "'": 'single-quoted',
  '`': 'raw string',
  '#': 'comment',
};

function after(place: Place, token: string): Place {
  switch (place) {
    case 'after a backslash':
      return place;
    case 'bare':
      return OPENS[token.at(-1) ?? ''] ?? 'bare';
    case 'comment':
      return token.endsWith('\n') ? 'bare' : 'comment';
    case 'raw string':
      return token.endsWith('`') ? 'bare' : place;
    case 'single-quoted':
    case 'double-quoted':
      return OPENS[token] === place ? 'bare' : place;
  }
}

/**
 * As Flagger has it, a value may already be written as the inside of a string, `4..|5\\d\\d`; what
 * is not is taken by the letter.
 */
function inString(value: string, quote: string): string {
  const written = quote === '"' ? WRITTEN_DOUBLE : WRITTEN_SINGLE;
  return written.test(value) ? value : escapeAll(value, quote);
}

const ESCAPE = String.raw`[abfnrtv\\]|[0-3][0-7]{2}|x[0-9A-Fa-f]{2}|u(?![dD][89a-fA-F])[0-9A-Fa-f]{4}`;
const WRITTEN_DOUBLE = new RegExp(String.raw`^(?:[^"\\\p{Cc}]|\\(?:"|${ESCAPE}))*$`, 'u');
const WRITTEN_SINGLE = new RegExp(String.raw`^(?:[^'\\\p{Cc}]|\\(?:'|${ESCAPE}))*$`, 'u');

function escapeAll(value: string, quote: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll(/\p{Cc}/gu, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
