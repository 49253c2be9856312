import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { guardParameters } from './parameters.ts';

function parameters(guard: object, metrics: object[] = []) {
  return guardParameters(aCanary({ analysis: { guard, metrics } }).spec.analysis);
}

const rate = (changes: object) => ({ name: 'request-success-rate', ...changes });

describe('the parameters of a guard', () => {
  it('are the study’s, where the Canary says nothing', () => {
    expect(parameters({})).toEqual({
      version: 1,
      alpha: 0.01,
      ratios: [1.3, 2, 5, 20, 100],
      cap: 4,
      floor: 5,
      icc: 0.005,
      suspicion: 2,
      blockMs: 5000,
      minRequests: 0,
      errors: { ratio: 1.25, difference: 0.002, budget: undefined },
      latency: { ratio: 1.25, difference: 0.01, warmupMs: 30_000 },
    });
  });

  const budgets: [string, object, object[], number | undefined, number][] = [
    ['its own SLO', { errors: { slo: 99.5 } }, [rate({ threshold: 90 })], 0.005, 0.001],
    ['the least success rate', {}, [rate({ thresholdRange: { min: 98 } })], 0.02, 0.004],
    ['its older form', {}, [rate({ threshold: 98 })], 0.02, 0.004],
    ['a tolerance beside it', { errors: { tolerance: 1 } }, [rate({ threshold: 98 })], 0.02, 0.01],
    ['a rate that must be 100 %', {}, [rate({ threshold: 100 })], undefined, 0.002],
    ['a rate that only observes', {}, [rate({ threshold: 98, dryRun: true })], undefined, 0.002],
    ['a query of that name', {}, [rate({ threshold: 98, query: 'x' })], undefined, 0.002],
  ];
  it.each(budgets)('take their SLO from %s', (_from, guard, metrics, budget, difference) => {
    const { errors } = parameters(guard, metrics)!;
    expect(errors?.budget?.toFixed(6)).toBe(budget?.toFixed(6));
    expect(errors?.difference.toFixed(6)).toBe(difference.toFixed(6));
  });

  const alphas: [string, number][] = [
    ['low', 0.001],
    ['normal', 0.01],
    ['high', 0.05],
  ];
  it.each(alphas)('convict at %s sensitivity with an alpha of %d', (sensitivity, alpha) => {
    expect(parameters({ sensitivity })?.alpha).toBe(alpha);
  });

  it('are none where the guard, or all that it compares, is off', () => {
    const off = { enabled: false };
    expect(parameters({ enabled: false })).toBeUndefined();
    expect(parameters({ errors: off, latency: off })).toBeUndefined();
    expect(parameters({ errors: off })).toMatchObject({ errors: undefined });
    expect(parameters({ latency: off })).toMatchObject({ latency: undefined });
  });
});
