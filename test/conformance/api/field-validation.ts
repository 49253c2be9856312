import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { deployment, widget } from './manifests.ts';
import { testNamespace, type PatchType } from './test-namespace.ts';

/** Fields that the schema does not know: what happens, and in which words. */
export function describeFieldValidation(server: () => ApiServer): void {
  const ns = testNamespace(server, 'fields');

  const KINDS = [
    {
      resource: 'widgets',
      manifest: widget(),
      wrong: widget({ nope: 1, parts: [{ name: 'a', odd: 2 }] }),
      fields: ['spec.nope', 'spec.parts[0].odd'],
      prefix: 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: ',
    },
    {
      resource: 'statefulsets',
      manifest: deployment(),
      wrong: deployment({ containers: [{ name: 'web', image: 'web:1', odd: 2 }] }, { nope: 1 }),
      fields: ['spec.template.spec.containers[0].odd', 'spec.nope'],
      prefix:
        'StatefulSet in version "v1" cannot be handled as a StatefulSet: strict decoding error: ',
    },
  ];

  describe.each(KINDS)('$resource', ({ resource, manifest, wrong, fields, prefix }) => {
    const path = (query: string) => `${resource}?dryRun=All${query}`;
    const named = { ...wrong, metadata: { name: 'x' } };
    const unknown = fields.map((field) => `unknown field "${field}"`);

    test('Strict refuses', async () => {
      const answer = await ns.post(path('&fieldValidation=Strict'), named);
      const message = prefix + unknown.join(', ');
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest', message } });
    });

    test.each(['', '&fieldValidation=Warn'])(
      'Warn warns, and is the default: %s',
      async (query) => {
        const { status, headers } = await ns.post(path(query), named);
        expect(status).toBe(201);
        const warnings = unknown.map((text) => `299 - ${JSON.stringify(text)}`);
        expect([headers['warning']].flat()).toEqual(warnings);
      },
    );

    test('Ignore says nothing', async () => {
      const { status, headers } = await ns.post(path('&fieldValidation=Ignore'), named);
      expect({ status, warning: headers['warning'] }).toEqual({ status: 201, warning: undefined });
    });

    test('another word is refused', async () => {
      const answer = await ns.post(path('&fieldValidation=Maybe'), named);
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });

    test.each<{ type: PatchType; patch: unknown }>([
      { type: 'merge', patch: { spec: { nope: 1 } } },
      { type: 'json', patch: [{ op: 'add', path: '/spec/nope', value: 1 }] },
    ])('a $type patch is refused too', async ({ type, patch }) => {
      const made = await ns.create(resource, manifest);
      const at = `${resource}/${made.metadata.name}`;
      const answer = await ns.patch(type, `${at}?fieldValidation=Strict`, patch);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect((answer.body as unknown as { message: string }).message).toContain(
        'unknown field "spec.nope"',
      );
      expect(await ns.read(at)).toEqual(made);
    });
  });
}
