import { readFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';

/** One value of the chart, as values.yaml has it: the comment above it is its meaning. */
export interface ChartValue {
  /** From the top: `['redis', 'password', 'key']`. */
  readonly path: readonly string[];
  /** Empty where there is no comment. */
  readonly meaning: string;
  /** As JSON. */
  readonly fallback: unknown;
  /** Of a map whose keys the chart knows. */
  readonly children: readonly ChartValue[];
}

const FILE = new URL('../../charts/linnet/values.yaml', import.meta.url);

/** Maps with a default that may hold other keys as well. */
const FREE = new Set(['resources', 'podLabels', 'podSecurityContext', 'securityContext']);

export function chartValues(): readonly ChartValue[] {
  const { contents } = parseDocument(readFileSync(FILE, 'utf8'));
  if (!isMap(contents)) throw new Error(`${FILE.pathname} holds no map`);
  return valuesOf(contents, []);
}

/** All values that have none below them, in the order of the file. */
export function leaves(values: readonly ChartValue[]): ChartValue[] {
  return values.flatMap((value) => (value.children.length > 0 ? leaves(value.children) : [value]));
}

function valuesOf(map: YAMLMap, above: readonly string[]): ChartValue[] {
  return map.items.map((pair, i) => valueOf(pair, i === 0 ? map.commentBefore : undefined, above));
}

/** The parser gives a comment above the first key to the map. */
function valueOf(
  { key, value }: Pair,
  mapComment: string | null | undefined,
  above: readonly string[],
): ChartValue {
  if (!isScalar(key))
    throw new Error(`${above.join('.')} in values.yaml has a key that is no text`);
  const path = [...above, String(key.value)];
  return {
    path,
    meaning: lastParagraph(mapComment ?? key.commentBefore ?? ''),
    fallback: (value as { toJSON?: () => unknown } | null)?.toJSON?.() ?? null,
    children: isMap(value) && !FREE.has(path.join('.')) ? valuesOf(value, path) : [],
  };
}

/** What stands apart, above an empty line, is about the file. */
function lastParagraph(comment: string): string {
  const lines = comment.split('\n').map((line) => line.trim());
  return lines
    .slice(lines.lastIndexOf('') + 1)
    .join(' ')
    .trim();
}
