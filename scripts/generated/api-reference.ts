import { format, resolveConfig } from 'prettier';
import { API_VERSION } from '../../src/api/group.ts';
import { type CustomResource, customResources } from './crds.ts';
import type { GeneratedFile } from './file.ts';
import type { StructuralSchema } from './structural-schema.ts';

const PATH = 'docs/reference/api.md';

const INTRODUCTION = `# The API

Every field of \`${API_VERSION}\`, as the CustomResourceDefinitions enforce it. Fields that Flagger's
\`flagger.app/v1beta1\` has as well keep their name, meaning and default, with two exceptions:
\`revertOnDeletion\` is true, and no data holds a rollout instead of failing it. Generated from
\`src/api\` by \`npm run generate\`.
`;

/** One table a kind: field, type, default and meaning. */
export async function apiReference(): Promise<GeneratedFile[]> {
  const sections = customResources().map(section);
  const text = [INTRODUCTION, ...sections].join('\n');
  const content = await format(text, { ...(await resolveConfig(PATH)), filepath: PATH });
  return [{ path: PATH, content }];
}

function section({ kind, description, spec, status }: CustomResource): string {
  const rows = [...rowsOf('spec', spec, []), ...rowsOf('status', status, [])];
  return [
    `## ${kind}\n`,
    `${description}\n`,
    '| Field | Type | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** Alternative spellings whose fields are those of another one. */
const SAME_AS = new Map([['spec.canaryAnalysis', 'spec.analysis']]);

function rowsOf(path: string, schema: StructuralSchema, requiredHere: string[]): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const at = `${path}.${name}`;
    const required = [...requiredHere, ...(schema.required ?? [])].includes(name);
    const row = rowOf(at, child, required);
    if (SAME_AS.has(at)) return [row];
    const element = child.items ?? child.additionalProperties;
    return [row, ...rowsOf(at, child, []), ...(element ? rowsOf(`${at}[]`, element, []) : [])];
  });
}

function rowOf(path: string, schema: StructuralSchema, required: boolean): string {
  const cells = [`\`${path}\``, typeOf(schema), defaultOf(schema, required), meaningOf(schema)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function typeOf(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string']) return 'number or text';
  if (schema.enum)
    return schema.enum
      .filter((value) => value !== '')
      .map(code)
      .join(', ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}`;
  return `${TYPE_NAMES[schema.type ?? ''] ?? 'anything'}${boundsOf(schema)}`;
}

const TYPE_NAMES: Record<string, string> = {
  object: 'object',
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
};

function boundsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: StructuralSchema) {
  const from = minimum === undefined ? [] : [`${exclusiveMinimum ? 'above' : 'from'} ${minimum}`];
  const to = maximum === undefined ? [] : [`${exclusiveMaximum ? 'below' : 'to'} ${maximum}`];
  return [...from, ...to].map((bound) => ` ${bound}`).join('');
}

function defaultOf(schema: StructuralSchema, required: boolean): string {
  if (required) return 'required';
  const isScalar = schema.default !== undefined && typeof schema.default !== 'object';
  return isScalar && schema.default !== '' ? code(schema.default) : '';
}

/** The description, and after it what the rules of the field itself allow. */
function meaningOf(schema: StructuralSchema): string {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const allowed = rules.map(({ message }) => message.slice(message.indexOf(': allowed is ') + 2));
  const sentences = allowed.map((text) => `${text[0]?.toUpperCase()}${text.slice(1)}.`);
  return [schema.description ?? '', ...sentences].join(' ').trim();
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}
