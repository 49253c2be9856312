/**
 * Headers written as lines `Name: value`, which a flat YAML map is too. Undefined when a line is
 * none, or names a header that belongs to the connection.
 */
export function headersOf(text: string): Record<string, string> | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line) => LINE.exec(line)?.slice(1));
  if (pairs.some((pair) => pair === undefined || OURS.has(pair[0]?.toLowerCase() ?? ''))) {
    return undefined;
  }
  const entries = pairs.map(([name = '', value = ''] = []) => [
    name.toLowerCase(),
    unquoted(value),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** A token of RFC 9110, a colon, visible characters. */
const LINE =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)\s*$/;

const OURS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}
