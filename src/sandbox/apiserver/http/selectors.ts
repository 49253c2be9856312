import { badRequest } from '../objects/api-errors.ts';
import type { KubeObject } from '../cluster-state.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';

export type Predicate = (object: KubeObject) => boolean;

/** The objects that a label and a field selector choose. Throws BadRequest for a malformed one. */
export function parseSelectors(
  definition: ResourceDefinition,
  labelSelector: string,
  fieldSelector: string,
): Predicate {
  const requirements = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(definition, fieldSelector);
  return (object) =>
    requirements.every((one) => one(object.metadata.labels ?? {})) &&
    fields.every((one) => one(object));
}

type LabelRequirement = (labels: Record<string, string>) => boolean;

/** Equality (`a=b`, `a!=b`), sets (`a in (b,c)`, `a notin (b)`), existence (`a`, `!a`), order (`a>1`). */
export function parseLabelSelector(text: string): LabelRequirement[] {
  return splitOutsideParentheses(text).map((part) => labelRequirement(part.trim()));
}

const SET = /^([^\s=!()<>]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const COMPARISON = /^([^\s=!()<>]+)\s*(==|=|!=|>|<)\s*([^\s=!()<>]*)$/;
const EXISTENCE = /^(!?)\s*([^\s=!()<>]+)$/;

function labelRequirement(part: string): LabelRequirement {
  const set = SET.exec(part);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return operator === 'in'
      ? (labels) => labels[key] !== undefined && values.includes(labels[key])
      : (labels) => labels[key] === undefined || !values.includes(labels[key]);
  }
  const comparison = COMPARISON.exec(part);
  if (comparison) return comparisonOf(comparison);
  const existence = EXISTENCE.exec(part);
  if (!existence) {
    const found = part.split(/\s+/)[1] ?? part;
    throw badRequest(
      `unable to parse requirement: found '${found}', expected: in, notin, =, ==, !=, gt, lt`,
    );
  }
  const [, not, key = ''] = existence;
  return (labels) => (labels[key] !== undefined) === (not === '');
}

function comparisonOf([, key = '', operator = '', value = '']: RegExpExecArray): LabelRequirement {
  switch (operator) {
    case '!=':
      return (labels) => labels[key] !== value;
    case '>':
      return (labels) => labels[key] !== undefined && Number(labels[key]) > Number(value);
    case '<':
      return (labels) => labels[key] !== undefined && Number(labels[key]) < Number(value);
    default:
      return (labels) => labels[key] === value;
  }
}

function parseFieldSelector(definition: ResourceDefinition, text: string): Predicate[] {
  if (text === '') return [];
  return text.split(',').map((part) => {
    const [, field = '', operator = '', value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (field === '') throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
    const read = fieldReader(definition, field.trim());
    return operator === '!='
      ? (object) => read(object) !== value
      : (object) => read(object) === value;
  });
}

function fieldReader(
  definition: ResourceDefinition,
  field: string,
): (object: KubeObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata.name;
  if (field === 'metadata.namespace' && definition.namespaced) {
    return (object) => object.metadata.namespace ?? '';
  }
  const known = definition.selectableFields[field];
  if (known) return known;
  const isPlain = !definition.custom && Object.keys(definition.selectableFields).length === 0;
  throw badRequest(
    isPlain
      ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${field}`,
  );
}

function splitOutsideParentheses(text: string): string[] {
  const parts = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  return parts.filter((part) => part.trim() !== '');
}
