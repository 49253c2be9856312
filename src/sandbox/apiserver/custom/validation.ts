import type { FieldFault } from '../objects/api-errors.ts';
import { ruleProblem } from './cel-rules.ts';
import type { KubeObject } from '../cluster-state.ts';
import { crdSpecOf, type CrdSpec, type CrdVersion } from './definition.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { jsonEqual } from '../values/json-tree.ts';
import { parseJsonPath } from '../table/json-path.ts';
import type { Schema } from '../schema/schema.ts';

/** What makes a CustomResourceDefinition unusable: names, versions, schemas that are not structural. */
export function crdFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  const spec = crdSpecOf(next);
  const shape = shapeFaults(spec);
  if (shape.length > 0) return shape;
  const faults: FieldFault[] = [];
  const expected = `${spec.names.plural}.${spec.group}`;
  if (next.metadata.name !== expected) {
    const detail = 'must be spec.names.plural+"."+spec.group';
    faults.push(fieldFault.invalid('metadata.name', next.metadata.name, detail));
  }
  const storage = spec.versions.filter((version) => version.storage);
  if (storage.length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    faults.push(fieldFault.invalid('spec.versions', spec.versions, detail));
  }
  for (const [index, version] of spec.versions.entries()) {
    faults.push(...versionFaults(version, `spec.versions[${index}]`));
  }
  return [...faults, ...(previous ? changeFaults(spec, crdSpecOf(previous)) : [])];
}

function shapeFaults(spec: CrdSpec | undefined): FieldFault[] {
  const faults: FieldFault[] = [];
  if (!spec?.group) faults.push(fieldFault.required('spec.group'));
  if (!spec?.names?.plural) faults.push(fieldFault.required('spec.names.plural'));
  if (!spec?.names?.kind) faults.push(fieldFault.required('spec.names.kind'));
  if (!spec?.scope) faults.push(fieldFault.required('spec.scope'));
  if (!Array.isArray(spec?.versions) || spec.versions.length === 0) {
    faults.push(fieldFault.required('spec.versions'));
  }
  return faults;
}

function versionFaults(version: CrdVersion, path: string): FieldFault[] {
  const schema = version.schema?.openAPIV3Schema;
  const at = `${path}.schema.openAPIV3Schema`;
  if (!schema) return [fieldFault.required(at, 'schemas are required')];
  const faults: FieldFault[] = [];
  if (schema.type !== 'object') {
    const detail = 'must be object at the root';
    faults.push(fieldFault.invalid(`${at}.type`, schema.type ?? '', detail));
  }
  faults.push(...structureFaults(schema, at));
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    const problem = pathProblem(column.jsonPath);
    if (!problem) continue;
    const field = `${path}.additionalPrinterColumns[${index}].jsonPath`;
    faults.push(fieldFault.invalid(field, column.jsonPath, problem));
  }
  return faults;
}

/** A structural schema types every value, and its rules compile. */
function structureFaults(schema: Schema, path: string): FieldFault[] {
  const faults: FieldFault[] = [];
  const isTyped =
    schema.type !== undefined ||
    schema['x-kubernetes-int-or-string'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (!isTyped)
    faults.push(
      fieldFault.required(`${path}.type`, 'must not be empty for specified object fields'),
    );
  if (schema.properties && schema.additionalProperties !== undefined) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    faults.push(fieldFault.forbidden(`${path}.additionalProperties`, detail));
  }
  if (schema.type === 'array' && !schema.items) {
    faults.push(fieldFault.required(`${path}.items`, 'must be specified'));
  }
  faults.push(...compileFaults(schema, path));
  for (const [field, below] of Object.entries(schema.properties ?? {})) {
    faults.push(...structureFaults(below, `${path}.properties[${field}]`));
  }
  if (schema.items) faults.push(...structureFaults(schema.items, `${path}.items`));
  if (typeof schema.additionalProperties === 'object') {
    faults.push(...structureFaults(schema.additionalProperties, `${path}.additionalProperties`));
  }
  return faults;
}

function compileFaults(schema: Schema, path: string): FieldFault[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
    const problem = ruleProblem(rule);
    if (problem === undefined) return [];
    const field = `${path}.x-kubernetes-validations[${index}].rule`;
    return [fieldFault.invalid(field, rule.rule, `compilation failed: ${problem}`)];
  });
}

function pathProblem(jsonPath: string): string | undefined {
  try {
    parseJsonPath(jsonPath);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function changeFaults(spec: CrdSpec, before: CrdSpec): FieldFault[] {
  const faults: FieldFault[] = [];
  for (const field of ['group', 'scope'] as const) {
    if (spec[field] === before[field]) continue;
    faults.push(fieldFault.invalid(`spec.${field}`, spec[field], 'field is immutable'));
  }
  for (const field of ['plural', 'kind'] as const) {
    if (jsonEqual(spec.names[field], before.names[field])) continue;
    faults.push(fieldFault.invalid(`spec.names.${field}`, spec.names[field], 'field is immutable'));
  }
  return faults;
}
