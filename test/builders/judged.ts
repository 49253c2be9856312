import { judge } from '../../src/judge/verdict.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { aCanary } from './canary.ts';

/** A success rate: of so many requests so many were bad. */
export function rate(canary: [number, number], primary: [number, number]): Measurement {
  const of = ([requests, bad]: [number, number]) => ({ requests, bad });
  const value = 100 * (1 - canary[1] / canary[0]);
  return { kind: 'value', value, counts: { canary: of(canary), primary: of(primary) } };
}

export const value = (number: number, primary?: Measurement): Measurement =>
  primary === undefined
    ? { kind: 'value', value: number }
    : { kind: 'value', value: number, primary };
export const noData = (why: string): Measurement => ({ kind: 'no-data', why });
export const outage = (why: string): Measurement => ({ kind: 'error', why, outage: true });

export type Named = Record<string, Measurement>;

/** Whatever is not named was not measured. */
export function verdict(metrics: object[], measured: Named) {
  const canary = aCanary({ analysis: { metrics } });
  const known = canary.spec.analysis.metrics.map(({ name }) => measured[name]);
  return judge(canary, { measured: known as Measurement[], split: undefined });
}
