import { describe, expect, test } from 'vitest';
import { GOOD } from '../../test/manifests/good-manifests.ts';
import { parseCanary } from './parse.ts';

const DELETED = '2026-03-01T12:00:00Z';

function leaving(change: object, service: object = {}): unknown {
  const { metadata, spec, ...rest } = structuredClone(GOOD.Canary) as {
    metadata: object;
    spec: { service: object };
  };
  return {
    ...rest,
    metadata: { ...metadata, deletionTimestamp: DELETED },
    spec: { ...spec, ...change, service: { ...spec.service, ...service } },
  };
}

describe('a Canary that is being deleted', () => {
  test.each<[string, object, object]>([
    ['an unknown time zone', { analysis: { iterations: 2, timeZone: 'Mars/Olympus' } }, {}],
    ['no analysis at all', { analysis: undefined }, {}],
    ['a window without hours', { windows: [{ days: ['Mon'] }] }, {}],
    ['an autoscaler of an unknown kind', { autoscalerRef: { kind: 'Magic', name: 'x' } }, {}],
    ['a timeout without a unit', {}, { timeout: '15' }],
    ['a host with a scheme', {}, { hosts: ['https://shop.example.com', 'shop.example.com'] }],
    ['several mistakes', { suspend: 'yes', provider: 'abacus' }, { portName: 'HTTP', match: 1 }],
  ])('is read without what is wrong: %s', (_, change, service) => {
    const read = parseCanary(leaving(change, service));
    expect(read).toMatchObject({
      ok: true,
      canary: {
        metadata: { deletionTimestamp: DELETED },
        spec: {
          targetRef: { kind: 'Deployment', name: 'shop' },
          service: { port: 8080, targetPort: 'http' },
          revertOnDeletion: true,
        },
      },
    });
  });

  test('keeps what is right beside it', () => {
    const hosts = ['https://shop.example.com', 'shop.example.com'];
    const read = parseCanary(leaving({ revertOnDeletion: false }, { hosts }));
    expect(read).toMatchObject({
      canary: { spec: { revertOnDeletion: false, service: { hosts: ['shop.example.com'] } } },
    });
  });

  test.each<[string, object, object, string]>([
    ['its target', { targetRef: { kind: 'Magic' } }, {}, 'spec.targetRef.kind'],
    ['the port of its Services', {}, { port: undefined }, 'spec.service.port'],
  ])('cannot be read without %s, and says so', (_, change, service, path) => {
    const read = parseCanary(leaving(change, service));
    const problems = read.ok ? [] : read.problems;
    expect(problems.map((problem) => problem.path)).toContain(path);
  });

  test('is read as it is where nothing is wrong', () => {
    expect(parseCanary(leaving({}))).toMatchObject({
      canary: { spec: { analysis: { stepWeight: 10 }, skipAnalysis: false } },
    });
  });
});

test('a Canary that stays is refused for every mistake', () => {
  const { metadata, ...rest } = leaving({ suspend: 'yes' }) as { metadata: object };
  const staying = { ...rest, metadata: { ...metadata, deletionTimestamp: undefined } };
  expect(parseCanary(staying)).toMatchObject({ ok: false });
});
