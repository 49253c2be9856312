import { schemaOf, type ValueSchema } from './chart-schema.ts';
import { chartValues, leaves, type ChartValue } from './chart-values.ts';
import { formatted, type GeneratedFile } from './file.ts';

const INTRODUCTION = `# Values of the Helm chart

Every value of \`charts/linnet\`, its default and what is allowed. A value that is not in this list is
refused. Generated from \`charts/linnet/values.yaml\` by \`npm run generate\`; how to choose among them
is in [the installation guide](../guides/install.md).
`;

/** docs/reference/helm-values.md: one section a group, one line a value. */
export function chartReference(): Promise<GeneratedFile[]> {
  const groups = chartValues().filter(({ children }) => children.length > 0);
  const single = chartValues().filter(({ children }) => children.length === 0);
  const text = [
    INTRODUCTION,
    '## On their own\n',
    single.map(itemOf).join('\n'),
    ...groups.map(sectionOf),
  ].join('\n');
  return formatted('docs/reference/helm-values.md', text);
}

function sectionOf(group: ChartValue): string {
  const head = `\n## ${group.path.join('.')}\n`;
  const items = leaves(group.children).map(itemOf).join('\n');
  return [head, group.meaning, '', items, ''].join('\n');
}

function itemOf(value: ChartValue): string {
  const about = [allowedOf(schemaOf(value)), `default ${fallbackOf(value.fallback)}`];
  const meaning = value.meaning === '' ? '' : `: ${value.meaning}`;
  return `- ${code(value.path.join('.'))} (${about.join(', ')})${meaning}`;
}

function fallbackOf(fallback: unknown): string {
  return fallback === '' ? 'empty' : code(JSON.stringify(fallback).replace(/^"|"$/g, ''));
}

const NAMES: Readonly<Record<string, string>> = {
  integer: 'whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'list',
  object: 'map',
};

function allowedOf({ type, enum: choices, minimum, maximum }: ValueSchema): string {
  if (choices !== undefined) return choices.map(code).join(', ');
  const name = [type ?? 'object'].flat().map((one) => NAMES[one] ?? one);
  const from = minimum === undefined ? '' : ` from ${minimum}`;
  const to = maximum === undefined ? '' : ` to ${maximum}`;
  return `${name.join(' or ')}${name.length === 1 ? from + to : ''}`;
}

function code(text: string): string {
  return `\`${text}\``;
}
