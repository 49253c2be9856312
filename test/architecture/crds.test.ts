import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

/**
 * The rules that the API server has for the schema of a CustomResourceDefinition, and ours for what
 * a person reads there. A real API server confirms the former in the cluster suite.
 */
const FOLDER = new URL('../../crds/', import.meta.url);

type Node = Record<string, unknown>;

interface Definition {
  metadata: { name: string };
  spec: {
    names: { kind: string };
    versions: {
      schema: { openAPIV3Schema: Node };
      additionalPrinterColumns: { name: string; jsonPath: string; priority?: number }[];
    }[];
  };
}

interface Place {
  path: string;
  node: Node;
  /** Lists and maps above it whose size nothing bounds. */
  unbounded: string[];
}

const definitions = readdirSync(FOLDER).map(
  (file) => parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Definition,
);

function rootOf(definition: Definition): Node {
  return definition.spec.versions[0]?.schema.openAPIV3Schema ?? {};
}

function placesOf(node: Node, path: string, unbounded: string[] = []): Place[] {
  const properties = Object.entries((node['properties'] ?? {}) as Record<string, Node>);
  const { items, additionalProperties: values } = node as {
    items?: Node;
    additionalProperties?: Node;
  };
  const beyond = (bound: string) => (node[bound] === undefined ? [...unbounded, path] : unbounded);
  return [
    { path, node, unbounded },
    ...properties.flatMap(([name, child]) => placesOf(child, `${path}.${name}`, unbounded)),
    ...(items ? placesOf(items, `${path}[]`, beyond('maxItems')) : []),
    ...(values ? placesOf(values, `${path}[]`, beyond('maxProperties')) : []),
  ];
}

interface Rule {
  rule: string;
  message: string;
  messageExpression: string;
  fieldPath?: string;
}

function rulesOf({ node }: Place): Rule[] {
  return (node['x-kubernetes-validations'] ?? []) as Rule[];
}

describe.each(definitions)('$metadata.name', (definition) => {
  const places = placesOf(rootOf(definition), '');
  const where = (bad: (place: Place) => boolean) => places.filter(bad).map(({ path }) => path);

  test('every value has one type', () => {
    const untyped = ['x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields'];
    const types: unknown[] = ['object', 'array', 'string', 'integer', 'number', 'boolean'];
    expect(
      where(({ node }) =>
        node['type'] === undefined
          ? !untyped.some((key) => node[key] === true)
          : !types.includes(node['type']),
      ),
    ).toEqual([]);
  });

  test('nothing stands in it that a structural schema forbids', () => {
    const allowed = new Set(
      `type description format default enum nullable required properties items additionalProperties
      minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems
      x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields x-kubernetes-validations`.split(
        /\s+/,
      ),
    );
    const foreign = places.flatMap(({ path, node }) =>
      Object.keys(node)
        .filter((key) => !allowed.has(key))
        .map((key) => `${path}: ${key}`),
    );
    expect(foreign).toEqual([]);
  });

  test('fields and a map never stand beside each other', () => {
    expect(where(({ node }) => 'properties' in node && 'additionalProperties' in node)).toEqual([]);
    expect(where(({ node }) => typeof node['additionalProperties'] === 'boolean')).toEqual([]);
  });

  test('what is required is there, and has no default', () => {
    expect(
      where(({ node }) =>
        ((node['required'] ?? []) as string[]).some((name) => {
          const child = (node['properties'] as Record<string, Node> | undefined)?.[name];
          return child === undefined || 'default' in child;
        }),
      ),
    ).toEqual([]);
  });

  test('rules walk over nothing without a bound', () => {
    const bounds: Record<string, string> = { string: 'maxLength', array: 'maxItems' };
    const unboundedBy = ({ path, node, unbounded }: Place) => {
      const bound = bounds[node['type'] as string];
      return bound === undefined || bound in node ? unbounded : [...unbounded, path];
    };
    expect(where((place) => rulesOf(place).length > 0 && unboundedBy(place).length > 0)).toEqual(
      [],
    );
  });

  test('rules match with nothing that RE2 lacks', () => {
    const beyondRe2 = /\(\?[=!<]|\\[1-9]/;
    expect(where((place) => rulesOf(place).some(({ rule }) => beyondRe2.test(rule)))).toEqual([]);
  });

  test('every refusal is one sentence that names the field and what is allowed', () => {
    for (const place of places) {
      for (const { message, messageExpression, fieldPath = '' } of rulesOf(place)) {
        expect(message.startsWith(`${place.path.slice(1)}${fieldPath}: allowed is `)).toBe(true);
        expect(message).not.toMatch(/\n|\.$/);
        expect(messageExpression).toContain(': found ');
      }
    }
  });

  test('every field of the spec says what it means', () => {
    const silent = places.filter(
      ({ path, node }) => path.startsWith('.spec') && !path.endsWith('[]') && !node['description'],
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

test('the columns of a Canary are those of Flagger, and then our own', () => {
  const canary = definitions.find(({ spec }) => spec.names.kind === 'Canary');
  const columns = canary?.spec.versions[0]?.additionalPrinterColumns ?? [];
  expect(columns.filter((c) => c.priority === undefined).map((c) => c.name)).toEqual([
    'Status',
    'Weight',
    'LastTransitionTime',
  ]);
  expect(columns.find((c) => c.name === 'Weight')?.jsonPath).toBe('.status.canaryWeight');
});
