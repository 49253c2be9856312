import { expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { configMap, deployment, service } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

const WEB = { name: 'web', image: 'registry.example/web:1' };

export function describeImmutability(server: () => ApiServer): void {
  const ns = testNamespace(server, 'immutable');

  test('the selector of a Deployment', async () => {
    const { metadata } = await ns.create('deployments', deployment());
    const labels = { app: 'web', track: 'x' };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels } } };
    const answer = await ns.patch<Refused>('merge', `deployments/${metadata.name}`, { spec });
    expect(answer.status).toBe(422);
    expect(answer.body.details.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify({ matchLabels: labels })}: field is immutable`,
        field: 'spec.selector',
      },
    ]);
  });

  test('the address of a Service', async () => {
    const { metadata } = await ns.create('services', service());
    const path = `services/${metadata.name}`;
    const answer = await ns.patch<Refused>('merge', path, {
      spec: { clusterIP: 'None', clusterIPs: ['None'] },
    });
    expect(answer.status).toBe(422);
    expect(answer.body.details.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: ["None"]: may not change once set',
        field: 'spec.clusterIPs[0]',
      },
    ]);
  });

  test('a PUT of a Service without its address keeps it', async () => {
    const made = await ns.create('services', service());
    const { clusterIP, clusterIPs, ...spec } = made.spec ?? {};
    const answer = await ns.put(`services/${made.metadata.name}`, { ...made, spec });
    expect(answer).toMatchObject({ status: 200, body: { spec: { clusterIP, clusterIPs } } });
  });

  test.each(['configmaps', 'secrets'])('data of %s that is immutable', async (resource) => {
    const data = { a: 'MQ==' };
    const { metadata } = await ns.create(resource, { ...configMap(data), immutable: true });
    const path = `${resource}/${metadata.name}`;
    const message = 'Forbidden: field is immutable when `immutable` is set';
    for (const [field, patch] of [
      ['data', { data: { a: 'Mg==' } }],
      ['immutable', { immutable: null }],
    ] as const) {
      const answer = await ns.patch<Refused>('merge', path, patch);
      expect(answer.status).toBe(422);
      expect(answer.body.details.causes).toEqual([
        { reason: 'FieldValueForbidden', message, field },
      ]);
    }
    const labels = { still: 'labelled' };
    const labelled = await ns.patch('merge', path, { metadata: { labels } });
    expect(labelled).toMatchObject({ status: 200, body: { metadata: { labels } } });
  });

  test('data of a ControllerRevision', async () => {
    const { metadata } = await ns.create('controllerrevisions', { revision: 1, data: { a: 1 } });
    const path = `controllerrevisions/${metadata.name}`;
    const answer = await ns.patch<Refused>('merge', path, { data: { a: 2 } });
    expect(answer.status).toBe(422);
    expect(answer.body.details.causes[0]).toMatchObject({ field: 'data' });
    expect((await ns.patch('merge', path, { revision: 2 })).status).toBe(200);
  });

  test('the type of a Secret', async () => {
    const { metadata } = await ns.create('secrets', {});
    const path = `secrets/${metadata.name}`;
    const answer = await ns.patch<Refused>('merge', path, { type: 'other' });
    expect(answer.body.details.causes[0]).toMatchObject({ field: 'type' });
  });

  test('a pod, but for its images', async () => {
    const spec = { containers: [WEB], nodeName: 'elsewhere' };
    const { metadata } = await ns.create('pods', { spec });
    const path = `pods/${metadata.name}`;
    const other = await ns.patch<Refused>('strategic', path, { spec: { hostname: 'x' } });
    expect(other.status).toBe(422);
    expect(other.body.details.causes[0]).toMatchObject({
      field: 'spec',
      reason: 'FieldValueForbidden',
    });
    const containers = [{ name: 'web', image: 'registry.example/web:2' }];
    const image = await ns.patch('strategic', path, { spec: { containers } });
    expect(image).toMatchObject({ status: 200 });
  });
}

interface Refused {
  reason: string;
  details: { causes: { field: string; reason: string; message: string }[] };
}
