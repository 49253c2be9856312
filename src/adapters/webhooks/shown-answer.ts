/**
 * What people may see of an answer: its beginning on one line, without the address it came from and
 * without any credential, which some receivers repeat in their errors. Empty when there is nothing.
 */
export function shownAnswer(body: string, secrets: readonly (string | undefined)[]): string {
  const hidden = secrets
    .filter((secret) => secret !== undefined)
    .flatMap(partsOf)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, part) => text.replaceAll(part, '***'), body);
  const line = hidden.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line;
}

const SHOWN = 200;

/** The secret itself, and of a URL what in it may be a secret, as written and decoded. */
function partsOf(secret: string): string[] {
  const parts = [secret, ...urlParts(secret)];
  return parts.flatMap((part) => [part, decoded(part)]).filter((p) => p.length >= TELLING_LENGTH);
}

/** What is shorter says nothing, and hiding it would hide half of every text. */
const TELLING_LENGTH = 6;

function urlParts(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { pathname, search, searchParams, username, password } = new URL(text);
  return [
    `${pathname}${search}`,
    ...pathname.split('/').filter((segment) => MADE_BY_MACHINE.test(segment)),
    ...searchParams.values(),
    username,
    password,
  ];
}

/** A segment such as `services` or `approve` is a word that may stand in any answer. */
const MADE_BY_MACHINE = /\d|.{16}/;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
