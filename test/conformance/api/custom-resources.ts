import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { widget } from './manifests.ts';
import { BY_RULE, BY_SCHEMA, NOT_CHECKED } from './widget-refusals.ts';
import { testNamespace } from './test-namespace.ts';

export function describeCustomResources(server: () => ApiServer): void {
  const ns = testNamespace(server, 'custom');
  const tried = (spec: object) =>
    ns.post<Refused>('widgets?dryRun=All', { ...widget(spec), metadata: { name: 'tried' } });

  describe('are refused by their schema', () => {
    test.each(BY_SCHEMA)('$what', async ({ spec, field, reason, message }) => {
      const { status, body } = await tried(spec);
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      const notChecked = keepsRulesFromBeingChecked(reason) ? [NOT_CHECKED] : [];
      expect(body.details).toEqual({
        name: 'tried',
        group: 'conformance.linnet.dev',
        kind: 'Widget',
        causes: [{ field, reason, message }, ...notChecked],
      });
      const lines = [`${field}: ${message}`, ...notChecked.map((one) => `<nil>: ${one.message}`)];
      const listed = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
      const subject = 'Widget.conformance.linnet.dev "tried"';
      expect(body.message).toBe(`${subject} is invalid: ${listed}`);
    });

    test('all faults at once', async () => {
      const { status, body } = await tried({ size: 0, mode: 'Odd', label: 'a' });
      expect(status).toBe(422);
      const fields = body.details.causes.map(({ field }) => field);
      expect(fields.toSorted()).toEqual(['<nil>', 'spec.label', 'spec.mode', 'spec.size']);
    });
  });

  describe('are refused by their rules', () => {
    test.each(BY_RULE)('$what', async ({ spec, field, reason, message }) => {
      const { status, body } = await tried(spec);
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.details.causes).toHaveLength(1);
      expect(body.details.causes[0]).toMatchObject({ field, reason });
      expect(body.details.causes[0]?.message).toContain(message);
    });
  });

  describe('a rule of transition', () => {
    test.each([
      { from: { frozen: 'a' }, to: { frozen: 'a', size: 4 } },
      { from: { frozen: 'a' }, to: { frozen: null } },
      { from: {}, to: { frozen: 'b' } },
    ])('lets through $from, $to', async ({ from, to }) => {
      const { metadata } = await ns.create('widgets', widget(from));
      const answer = await ns.patch('merge', `widgets/${metadata.name}`, { spec: to });
      expect(answer).toMatchObject({ status: 200 });
    });

    test('refuses what it forbids', async () => {
      const { metadata } = await ns.create('widgets', widget({ frozen: 'a' }));
      const spec = { frozen: 'b' };
      const answer = await ns.patch<Refused>('merge', `widgets/${metadata.name}`, { spec });
      expect(answer.status).toBe(422);
      expect(answer.body.details.causes).toEqual([
        {
          field: 'spec.frozen',
          reason: 'FieldValueInvalid',
          message: 'Invalid value: "string": it cannot change any more',
        },
      ]);
    });
  });

  describe('are completed', () => {
    test.each([
      { given: {}, mode: 'Fast', replicas: 1, never: 'x', maybeDefaulted: 'y' },
      { given: { mode: 'Slow', replicas: 0 }, mode: 'Slow', replicas: 0 },
      { given: { never: null }, never: 'x' },
      { given: { maybeDefaulted: null }, maybeDefaulted: null },
      { given: { maybe: null }, maybe: null },
    ])('$given', async ({ given, ...completed }) => {
      const { status, body } = await tried(given);
      expect({ status, body }).toMatchObject({ status: 201, body: { spec: completed } });
    });

    test('items too', async () => {
      const { body } = await tried({ parts: [{ name: 'a' }, { name: 'b', count: 5 }] });
      expect(body.spec).toMatchObject({
        parts: [
          { name: 'a', count: 1 },
          { name: 'b', count: 5 },
        ],
      });
    });
  });

  describe('lose what the schema does not know', () => {
    test.each([
      { given: { nope: 1 }, kept: {} },
      { given: { parts: [{ name: 'a', nope: 1 }] }, kept: { parts: [{ name: 'a', count: 1 }] } },
      { given: { free: { any: { thing: [1] } } }, kept: { free: { any: { thing: [1] } } } },
      { given: { limits: { anything: 1 } }, kept: { limits: { anything: 1 } } },
    ])('$given', async ({ given, kept }) => {
      const { body } = await tried(given);
      const completed = { size: 3, mode: 'Fast', replicas: 1, never: 'x', maybeDefaulted: 'y' };
      expect(body.spec).toEqual({ ...completed, ...kept });
    });

    test('beside spec and status', async () => {
      const manifest = { ...widget({}, { nope: 1 }), metadata: { name: 'beside' } };
      const { body } = await ns.post('widgets?dryRun=All', manifest);
      expect(body).not.toHaveProperty('nope');
    });
  });

  test.each([80, 'http'])('an int-or-string is either: %s', async (port) => {
    const { status, body } = await tried({ port });
    expect({ status, body }).toMatchObject({ status: 201, body: { spec: { port } } });
  });

  describe('need', () => {
    test.each([
      { what: 'a kind', more: { kind: undefined }, status: 400 },
      { what: 'a version', more: { apiVersion: undefined }, status: 400 },
      { what: 'their version', more: { apiVersion: 'conformance.linnet.dev/v2' }, status: 400 },
      { what: 'their kind', more: { kind: 'Gadget' }, status: 422 },
      { what: 'a name', more: { metadata: {} }, status: 422 },
      { what: 'a spec', more: { spec: undefined }, status: 422 },
      { what: 'a good name', more: { metadata: { name: 'Not_Good' } }, status: 422 },
    ])('$what', async ({ more, status }) => {
      const manifest = { ...widget(), metadata: { name: 'x' }, ...more };
      const answer = await ns.post('widgets?dryRun=All', manifest);
      expect(answer.status).toBe(status);
    });
  });
}

/** A value out of bounds can still be put to the rules; one of another shape cannot. */
function keepsRulesFromBeingChecked(reason: string): boolean {
  return reason !== 'FieldValueInvalid';
}

interface Refused {
  message: string;
  reason: string;
  details: { causes: { field: string; reason: string; message: string }[] };
  spec?: object;
}
