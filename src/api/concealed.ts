import { percentDecoded } from './percent.ts';

/**
 * A text that somebody else wrote, without the secrets that its author was sent: as they are, as
 * headers, URLs and JSON write them, and also where only their beginning is repeated. What is cut off
 * a text for people must be cut after this.
 *
 * @param secrets credentials, URLs that hold some, or `user:password`.
 */
export function concealed(text: string, secrets: readonly (string | undefined)[]): string {
  const parts = secrets.filter((secret) => secret !== undefined).flatMap(partsOf);
  return [...new Set(parts)]
    .toSorted((a, b) => b.length - a.length)
    .reduce(
      (rest, part) =>
        ORDINARY.test(part) ? rest.replaceAll(part, '***') : withoutRuns(rest, part),
      text,
    );
}

/** A URL as people may see it: no user, no query, and nothing in its path that looks like a key. */
export function shownUrl(url: URL): string {
  const path = url.pathname.split('/').map((segment) => (isKey(segment) ? '***' : segment));
  return `${url.origin}${path.join('/').replace(/\/+$/, '')}`;
}

/** Whether a word can hardly be one that people chose. */
export function isKey(word: string): boolean {
  return /^\S{16,}$/.test(word) && /\d/.test(word);
}

/** What is shorter says nothing, and hiding it would hide half of every text. */
const SHORTEST = 4;
const SHORTEST_OF_URL = 6;
/** So much of its beginning gives a longer secret away. */
const TELLING = 8;

function partsOf(secret: string): string[] {
  const whole = [secret, ...secret.split(/\s+/)].filter((part) => part.length >= SHORTEST);
  const ofUrl = urlParts(secret).filter((part) => part.length >= SHORTEST_OF_URL);
  return [...whole, ...ofUrl].flatMap(spellings).filter((part) => part.length >= SHORTEST);
}

function urlParts(text: string): string[] {
  if (!/^\w+:\/\//.test(text) || !URL.canParse(text)) return [];
  const { pathname, search, searchParams, username, password } = new URL(text);
  const segments = pathname.split('/').filter((segment) => MADE_BY_MACHINE.test(segment));
  const user = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return [
    ...(segments.length > 0 || search !== '' ? [`${pathname}${search}`] : []),
    ...segments,
    ...searchParams.values(),
    ...(user === ':' ? [] : [username, password, user]),
  ];
}

/** A segment such as `services` or `approve` is a word that may stand in any answer. */
const MADE_BY_MACHINE = /\d|.{16}/;

function spellings(part: string): string[] {
  const base64 = Buffer.from(part).toString('base64');
  return [
    part,
    percentDecoded(part),
    encodeURIComponent(Buffer.from(part).toString()),
    JSON.stringify(part).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
    base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
  ];
}

/** URLs, paths and sentences begin like any other. */
const ORDINARY = /^\/|:\/\/|\s/;

/** Every place where `part`, or as much of it as tells, is repeated. */
function withoutRuns(text: string, part: string): string {
  const beginning = part.slice(0, TELLING);
  let rest = '';
  let from = 0;
  for (;;) {
    const at = text.indexOf(beginning, from);
    if (at === -1) return rest + text.slice(from);
    rest += `${text.slice(from, at)}***`;
    from = at + commonLength(text, at, part);
  }
}

function commonLength(text: string, at: number, part: string): number {
  let length = 0;
  while (length < part.length && text[at + length] === part[length]) length += 1;
  return length;
}
