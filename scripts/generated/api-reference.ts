import { API_VERSION } from '../../src/api/group.ts';
import { type CustomResource, customResources } from './crds.ts';
import { formatted, type GeneratedFile } from './file.ts';
import type { StructuralSchema } from './structural-schema.ts';

const PATH = 'docs/reference/api.md';

const INTRODUCTION = `# The API

Every field of \`${API_VERSION}\`, as the CustomResourceDefinitions enforce it. Fields that Flagger's
\`flagger.app/v1beta1\` has as well keep their name, meaning and default, with two exceptions:
\`revertOnDeletion\` is true, and no data holds a rollout instead of failing it. Generated from
\`src/api\` by \`npm run generate\`.
`;

/** One section a kind, one list an object: field, type, default and meaning. */
export function apiReference(): Promise<GeneratedFile[]> {
  const sections = customResources().flatMap(sectionsOf);
  const text = [INTRODUCTION, ...sections].join('\n');
  return formatted(PATH, text);
}

function sectionsOf({ kind, description, spec, status }: CustomResource): string[] {
  const head = `## ${kind}\n\n${description}\n`;
  return [head, ...listsOf(`${kind}: spec`, spec), ...listsOf(`${kind}: status`, status)];
}

/** Alternative spellings whose fields are those of another one. */
const SAME_AS = new Set(['Canary: spec.canaryAnalysis']);

/** The list of an object's fields, then those of the objects below it. */
function listsOf(title: string, schema: StructuralSchema): string[] {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0 || SAME_AS.has(title)) return [];
  const items = fields.map(([name, child]) => itemOf(name, child, schema.required ?? []));
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => `- ${message}`);
  const body = [items.join('\n'), ...(rules.length > 0 ? ['Rules:', rules.join('\n')] : [])];
  const list = [`### ${title}`, schema.description ?? '', ...body, ''].join('\n\n');
  const below = fields.flatMap(([name, child]) => {
    const element = child.items ?? child.additionalProperties;
    return [
      ...listsOf(`${title}.${name}`, child),
      ...(element ? listsOf(`${title}.${name}[]`, element) : []),
    ];
  });
  return [list, ...below];
}

function itemOf(name: string, schema: StructuralSchema, required: string[]): string {
  const rest = [typeOf(schema), ...defaultOf(schema, required.includes(name))].join(', ');
  return `- \`${name}\` (${rest}): ${meaningOf(schema)}`;
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

function defaultOf(schema: StructuralSchema, required: boolean): string[] {
  if (required) return ['required'];
  const isScalar = schema.default !== undefined && typeof schema.default !== 'object';
  return isScalar && schema.default !== '' ? [`default ${code(schema.default)}`] : [];
}

/** The description, and for a single value what its rules allow. */
function meaningOf(schema: StructuralSchema): string {
  const rules = schema.properties ? [] : (schema['x-kubernetes-validations'] ?? []);
  const sentences = rules.map(({ message }) => `Allowed is ${message.split(': allowed is ')[1]}.`);
  return [schema.description ?? '', ...sentences].join(' ').trim();
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}
