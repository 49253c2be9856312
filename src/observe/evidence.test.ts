import { expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { aStatus } from '../../test/builders/workload-objects.ts';
import type { Measurement, Telemetry } from '../ports/telemetry.ts';
import type { World } from '../ports/world.ts';
import { gatherEvidence } from './evidence.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function canaryAt(weight: number, dueAt = NOW) {
  const step = { index: 1, weight, since: iso(NOW - 30_000), dueAt: iso(dueAt) };
  const metrics = [{ name: 'request-duration', thresholdRange: { max: 500 } }];
  return aCanary({
    analysis: { metrics },
    status: aStatus({ phase: 'Progressing', stage: 'analyse', step }),
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Of 1000 requests since the step began, so many met the canary. */
function seeing(canary: number, measured: Measurement = { kind: 'no-data', why: 'nothing' }) {
  const asked: unknown[] = [];
  const callers = [{ name: 'shop/cart', canary, requests: 1000 }];
  const telemetry: Partial<Telemetry> = {
    measure: () => Promise.resolve(measured),
    share: (_, since) => (since === NOW - 30_000 ? { canary, requests: 1000 } : undefined),
    callers: (...given) => {
      asked.push(given);
      return Promise.resolve(callers);
    },
  };
  return { asked, world: { clock: { now: () => NOW }, telemetry } as unknown as World };
}

it('asks who sent the requests only where their share is off', async () => {
  const fair = seeing(400);
  expect(await gatherEvidence(canaryAt(40), fair.world)).toMatchObject({
    split: { canary: 400, requests: 1000, callers: [] },
  });
  const off = seeing(100);
  expect(await gatherEvidence(canaryAt(40), off.world)).toMatchObject({
    split: { canary: 100, requests: 1000, callers: [{ name: 'shop/cart' }] },
  });
  expect([fair.asked.length, off.asked.length]).toEqual([0, 1]);
});

it('asks nothing where no share is to be expected, and before the step is due', async () => {
  const { asked, world } = seeing(100);
  expect(await gatherEvidence(canaryAt(0), world)).toMatchObject({ split: undefined });
  expect(await gatherEvidence(canaryAt(40, NOW + 1), world)).toBeUndefined();
  expect(asked).toEqual([]);
});

it('is none while the first samples of the step are on their way', async () => {
  const { world } = seeing(400, { kind: 'pending', why: 'they come' });
  expect(await gatherEvidence(canaryAt(40), world)).toBeUndefined();
});
