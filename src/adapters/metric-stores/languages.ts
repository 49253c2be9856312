import type { Place, QueryLanguage } from '../../api/query-template.ts';

/** What opens a comment and what ends it: `['//', '\n']`. */
type Comment = readonly [string, string];

interface Syntax {
  /** Of strings; a backslash in them takes the next character with it. */
  readonly quotes?: string;
  readonly comments?: readonly Comment[];
  /** What becomes of a value that may stand where it does. Default: nothing. */
  readonly written?: (value: string) => string;
}

/**
 * A language whose strings are quoted. A free value stays what it is, a word or a part of a string:
 * what could end either is refused rather than escaped, since each store escapes differently.
 */
export function quotedLanguage({ quotes = `'"`, comments = [], written }: Syntax): QueryLanguage {
  const write = written ?? ((value: string) => value);
  const inString = place(/^(?!.*\$\{)[^'"`\\\p{Cc}]*$/u, INSIDE, write);
  const outside = place(/^(?!.*--)[A-Za-z0-9_:.+-]*$/, OUTSIDE, write);
  return {
    placesIn: (pieces) => {
      let closer: string | undefined;
      return pieces.map((piece) => {
        closer = closerAfter(piece, closer, quotes, comments);
        return closer !== undefined && quotes.includes(closer) ? inString : outside;
      });
    },
  };
}

const INSIDE = 'text without quotes, backslashes, ${ and line breaks';
const OUTSIDE = 'letters, digits and _ : . + - outside quotes';

/** What ends the string or the comment that a piece leaves open; undefined outside of both. */
function closerAfter(
  piece: string,
  before: string | undefined,
  quotes: string,
  comments: readonly Comment[],
): string | undefined {
  let closer = before;
  for (let i = 0; i < piece.length; i += 1) {
    if (closer === undefined) {
      const comment = comments.find(([opener]) => piece.startsWith(opener, i));
      const here = piece.charAt(i);
      closer = comment?.[1] ?? (quotes.includes(here) ? here : undefined);
    } else if (quotes.includes(closer) && piece[i] === '\\') {
      i += 1;
    } else if (piece.startsWith(closer, i)) {
      closer = undefined;
    }
  }
  return closer;
}

function place(shape: RegExp, allowed: string, write: (value: string) => string): Place {
  return { quote: (value) => (shape.test(value) ? write(value) : undefined), allowed };
}

/** A path or a query string: whatever it is, it stays in its segment. */
export const URL_PARTS: QueryLanguage = {
  placesIn: (pieces) =>
    pieces.map(() =>
      place(/^(?!\.+$)(?!.*\p{Cs})/su, 'any text that is not only dots', encodeURIComponent),
    ),
};

/** JSON: inside its strings any text, outside of them a number or a word. */
export const JSON_TEXT: QueryLanguage = {
  placesIn: (pieces) => {
    let closer: string | undefined;
    return pieces.map((piece) => {
      closer = closerAfter(piece, closer, '"', []);
      return closer === undefined
        ? place(
            /^(-?\d+(\.\d+)?|true|false|null)$/,
            'a number, true, false or null outside quotes',
            String,
          )
        : place(/^/, 'any text', (value) => JSON.stringify(value).slice(1, -1));
    });
  },
};
