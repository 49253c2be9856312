import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { applying, fieldsBy, ownershipOf } from './applying.ts';
import { widget } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

export function describeApplyOfCustomResources(server: () => ApiServer): void {
  const ns = testNamespace(server, 'apply-custom');
  const apply = applying(ns);

  describe('custom resources', () => {
    test('lists by key are merged, sets are joined, others are replaced', async () => {
      const name = 'listed';
      await apply(
        'one',
        'widgets',
        name,
        widget({ parts: [{ name: 'a', count: 2 }], tags: ['x'] }),
      );
      const spec = { parts: [{ name: 'b' }], tags: ['y'] };
      const { body } = await apply('two', 'widgets', name, { spec });
      expect(body.spec).toMatchObject({
        parts: [
          { name: 'a', count: 2 },
          { name: 'b', count: 1 },
        ],
        tags: ['x', 'y'],
      });
      expect(fieldsBy(body)['two']).toEqual({
        'f:spec': {
          'f:parts': { 'k:{"name":"b"}': { '.': {}, 'f:name': {} } },
          'f:tags': { 'v:"y"': {} },
        },
      });
    });

    test('defaults belong to nobody who did not write them', async () => {
      const { body } = await apply('one', 'widgets', 'bare', widget());
      expect(body.spec).toMatchObject({ mode: 'Fast', replicas: 1 });
      expect(fieldsBy(body)).toEqual({ one: { 'f:spec': { 'f:size': {} } } });
    });

    test('are validated', async () => {
      const answer = await apply('one', 'widgets', 'large', widget({ size: 11 }));
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });

    test('their scale is owned by who scales', async () => {
      await apply('one', 'widgets', 'scaled', widget({ replicas: 2 }));
      const path = 'widgets/scaled/scale?fieldManager=scaler';
      await ns.patch('merge', path, { spec: { replicas: 5 } });
      const body = await ns.read('widgets/scaled');
      const entry = body.metadata.managedFields?.find(({ manager }) => manager === 'scaler');
      expect(entry).toMatchObject({
        operation: 'Update',
        subresource: 'scale',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      });
      const answer = await apply('one', 'widgets', 'scaled', widget({ replicas: 2 }));
      expect(answer.status).toBe(409);
    });
  });

  describe('status', () => {
    test('is applied at its own path, with an entry of its own', async () => {
      await apply('one', 'widgets', 'told', widget());
      const status = { phase: 'Ready', conditions: [{ type: 'Ready', status: 'True' }] };
      const { body } = await apply('one', 'widgets', 'told/status', {
        metadata: { name: 'told' },
        status,
      });
      expect(body).toMatchObject({ status, spec: { size: 3 } });
      const entries = ownershipOf(body).map(({ subresource, fieldsV1 }) => [subresource, fieldsV1]);
      expect(entries).toEqual([
        [undefined, { 'f:spec': { 'f:size': {} } }],
        [
          'status',
          {
            'f:status': {
              'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
              'f:phase': {},
            },
          },
        ],
      ]);
    });

    test('is not applied elsewhere, nor is the spec here', async () => {
      await apply('one', 'widgets', 'apart', widget({}, { status: { phase: 'Ready' } }));
      expect((await ns.read('widgets/apart')).status).toBeUndefined();
      const config = { ...widget({ size: 9 }), metadata: { name: 'apart' } };
      const { body } = await apply('one', 'widgets', 'apart/status', config);
      expect(body.spec).toMatchObject({ size: 3 });
    });

    test('of what does not exist', async () => {
      const config = { metadata: { name: 'none' }, status: { phase: 'Ready' } };
      const answer = await apply('one', 'widgets', 'none/status', config);
      expect(answer).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
    });
  });
}
