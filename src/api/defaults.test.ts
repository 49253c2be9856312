import { expect, test } from 'vitest';
import { GOOD } from '../../test/manifests/good-manifests.ts';
import { parseAlertProvider, parseCanary, parseMetricTemplate, planVersionOf } from './parse.ts';
import type { Canary } from './canary.ts';
import { CanaryMetric, noDataPolicy as policyOf } from './metrics.ts';

const SMALLEST = {
  apiVersion: 'linnet.dev/v1beta1',
  kind: 'Canary',
  metadata: { name: 'shop' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
    service: { port: 80 },
    analysis: {
      stepWeight: 10,
      metrics: [{ name: 'request-duration' }],
      webhooks: [{ name: 'a', url: 'http://a' }],
      alerts: [{ name: 'a', providerRef: { name: 'b' } }],
      sessionAffinity: { cookieName: 'c' },
    },
    windows: [{ from: '09:00', to: '17:00' }],
  },
};

function read(raw: unknown): Canary {
  const result = parseCanary(raw);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.canary;
}

const noDataPolicy = (metric: object) => policyOf(CanaryMetric.parse(metric));

const { spec, metadata } = read(SMALLEST);
const { analysis } = spec;

/** Flagger's first, as its documentation and sources have them. */
test.each([
  ['progressDeadlineSeconds', spec.progressDeadlineSeconds, 600],
  ['skipAnalysis', spec.skipAnalysis, false],
  ['suspend', spec.suspend, false],
  ['service.portName', spec.service?.portName, 'http'],
  ['service.targetPort', spec.service?.targetPort, undefined],
  ['service.portDiscovery', spec.service?.portDiscovery, false],
  ['service.headless', spec.service?.headless, false],
  ['service.delegation', spec.service?.delegation, false],
  ['analysis.interval', analysis.interval, '1m'],
  ['analysis.threshold', analysis.threshold, 1],
  ['analysis.maxWeight', analysis.maxWeight, undefined],
  ['analysis.stepWeightPromotion', analysis.stepWeightPromotion, undefined],
  ['analysis.primaryReadyThreshold', analysis.primaryReadyThreshold, 100],
  ['analysis.canaryReadyThreshold', analysis.canaryReadyThreshold, 100],
  ['analysis.mirror', analysis.mirror, false],
  ['analysis.mirrorWeight', analysis.mirrorWeight, 100],
  ['analysis.metrics[].interval', analysis.metrics[0]?.interval, '1m'],
  ['analysis.webhooks[].type', analysis.webhooks[0]?.type, 'rollout'],
  ['analysis.webhooks[].timeout', analysis.webhooks[0]?.timeout, '10s'],
  ['analysis.webhooks[].retries', analysis.webhooks[0]?.retries, 0],
  ['analysis.webhooks[].muteAlert', analysis.webhooks[0]?.muteAlert, false],
  ['analysis.webhooks[].disableTLS', analysis.webhooks[0]?.disableTLS, false],
  ['analysis.alerts[].severity', analysis.alerts[0]?.severity, 'info'],
  ['analysis.sessionAffinity.maxAge', analysis.sessionAffinity?.maxAge, 86400],
  // Linnet's own.
  ['revertOnDeletion', spec.revertOnDeletion, true],
  ['analysis.timeZone', analysis.timeZone, 'UTC'],
  ['analysis.metrics[].onNoData', noDataPolicy({ name: 'request-duration' }), 'hold'],
  ['the same of saturation', noDataPolicy({ name: 'cpu-utilization' }), 'pass'],
  [
    'the same of a query of that name',
    noDataPolicy({ name: 'cpu-utilization', query: 'x' }),
    'hold',
  ],
  ['analysis.metrics[].dryRun', analysis.metrics[0]?.dryRun, false],
  ['analysis.maxHold', analysis.maxHold, '30m'],
  ['analysis.guard.enabled', analysis.guard.enabled, true],
  ['analysis.guard.block', analysis.guard.block, '5s'],
  ['analysis.guard.sensitivity', analysis.guard.sensitivity, 'normal'],
  ['analysis.guard.minRequests', analysis.guard.minRequests, 0],
  ['analysis.guard.errors.slo', analysis.guard.errors.slo, undefined],
  ['analysis.guard.errors.ratio', analysis.guard.errors.ratio, 1.25],
  ['analysis.guard.latency.tolerance', analysis.guard.latency.tolerance, 1],
  ['analysis.guard.latency.warmup', analysis.guard.latency.warmup, '30s'],
  ['windows[].timeZone', spec.windows?.[0]?.timeZone, 'UTC'],
  ['metadata.namespace', metadata.namespace, 'default'],
])('default of %s', (_field, found, expected) => {
  expect(found).toEqual(expected);
});

test('a part of the guard that is set keeps the defaults of the rest', () => {
  const partly = structuredClone<Record<string, unknown>>(GOOD.Canary);
  Object.assign(partly['spec'] as object, {
    analysis: { iterations: 3, guard: { errors: { slo: 99.9 } } },
  });
  expect(read(partly).spec.analysis.guard).toMatchObject({
    enabled: true,
    errors: { enabled: true, slo: 99.9, ratio: 1.25 },
    latency: { tolerance: 1 },
  });
});

test('without an analysis, skipAnalysis promotes at once', () => {
  const skipping = structuredClone<Record<string, unknown>>(GOOD.Canary);
  const spec = skipping['spec'] as Record<string, unknown>;
  delete spec['analysis'];
  spec['skipAnalysis'] = true;
  expect(read(skipping).spec).toMatchObject({
    skipAnalysis: true,
    analysis: { stepWeight: 100, metrics: [], webhooks: [], alerts: [], threshold: 1 },
  });
});

test('metadata and status keep the fields that this version does not know', () => {
  const stored = structuredClone<Record<string, unknown>>(GOOD.Canary);
  Object.assign(stored['metadata'] as object, { uid: 'u', managedFields: [{ manager: 'git' }] });
  stored['status'] = { phase: 'Progressing', planVersion: 9, ofTheFuture: { a: 1 } };
  expect(read(stored)).toMatchObject({
    metadata: { uid: 'u', managedFields: [{ manager: 'git' }] },
    status: { planVersion: 9, ofTheFuture: { a: 1 } },
  });
});

test('a status of the future does not parse, and says that it is newer', () => {
  const newer = { ...GOOD.Canary, status: { phase: 'Teleporting', planVersion: 9 } };
  expect(parseCanary(newer)).toMatchObject({ ok: false, problems: [{ path: 'status.phase' }] });
  expect(planVersionOf(newer)).toBe(9);
  expect([GOOD.Canary, null, 'text', { status: {} }].map(planVersionOf)).toEqual([0, 0, 0, 0]);
});

test('parsing leaves what it reads as it was', () => {
  for (const [parse, raw] of [
    [parseCanary, GOOD.Canary],
    [parseMetricTemplate, GOOD.MetricTemplate],
    [parseAlertProvider, GOOD.AlertProvider],
  ] as const) {
    const before = structuredClone(raw);
    expect(parse(raw).ok).toBe(true);
    expect(raw).toEqual(before);
  }
});
