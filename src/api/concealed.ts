import { percentDecoded } from './percent.ts';

/**
 * A text that somebody else wrote, without the secrets that its author was sent: as they are, as
 * headers, URLs and JSON write them, and also where only their beginning is repeated. What is cut off
 * a text for people must be cut after this.
 *
 * @param secrets credentials, URLs that hold some, or `user:password`.
 */
export function concealed(text: string, secrets: readonly (string | undefined)[]): string {
  const parts = new Set(secrets.filter((secret) => secret !== undefined).flatMap(partsOf));
  return withoutRuns(
    text,
    [...parts].flatMap((part) => runsOf(part, text)),
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

/** A piece of a text, from its first character up to the one after its last. */
interface Run {
  readonly from: number;
  readonly to: number;
}

/** Every place where `part`, or as much of it as tells, is repeated. */
function runsOf(part: string, text: string): Run[] {
  const beginning = ORDINARY.test(part) ? part : part.slice(0, TELLING);
  const runs: Run[] = [];
  for (let from = text.indexOf(beginning); from !== -1;) {
    const to = from + commonLength(text, from, part);
    runs.push({ from, to });
    from = text.indexOf(beginning, to);
  }
  return runs;
}

function commonLength(text: string, at: number, part: string): number {
  let length = 0;
  while (length < part.length && text[at + length] === part[length]) length += 1;
  return length;
}

/** All found before any is hidden: the beginning of one secret may be that of a longer one as well. */
function withoutRuns(text: string, runs: readonly Run[]): string {
  let rest = '';
  let hidden = 0;
  for (const { from, to } of runs.toSorted((a, b) => a.from - b.from)) {
    if (from >= hidden) rest += `${text.slice(hidden, from)}***`;
    hidden = Math.max(hidden, to);
  }
  return rest + text.slice(hidden);
}
