import { acceptedRange } from '../api/metrics.ts';
import type { Known } from './known.ts';

/** Of the success rate, how many failed requests fewer; of anything else, by how much it is off. */
export function checksOtherwise({ canary, asked }: Known): string[] {
  return canary.spec.analysis.metrics.flatMap((metric, i) => {
    const measured = asked[i]?.measured;
    if (measured?.kind !== 'value' || metric.dryRun) return [];
    const { min, max } = acceptedRange(metric);
    const { value, counts } = measured;
    if (min !== undefined && value < min) {
      return [
        counts === undefined
          ? off(metric.name, min - value, 'higher')
          : fewer(metric.name, min, counts.canary),
      ];
    }
    return max !== undefined && value > max ? [off(metric.name, value - max, 'lower')] : [];
  });
}

function fewer(
  name: string,
  min: number,
  { requests, bad }: { requests: number; bad: number },
): string {
  const allowed = Math.floor(requests * (1 - min / 100) + 1e-9);
  const [all, failed] = [Math.round(requests), Math.round(bad)];
  return `${name} passes with at most ${allowed} of ${all} failed: ${failed - allowed} fewer than the ${failed} there were.`;
}

function off(name: string, by: number, direction: 'higher' | 'lower'): string {
  return `${name} would have had to be ${Number(by.toPrecision(3))} ${direction}.`;
}
