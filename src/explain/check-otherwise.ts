import { acceptedRange, type CanaryMetric } from '../api/metrics.ts';
import type { Check } from '../api/status.ts';
import { quantity, unitOf } from '../judge/quantities.ts';
import type { CheckCase } from './check-case.ts';
import type { Known } from './known.ts';

/**
 * Of the success rate, how many failed requests fewer; of anything else, where it passes.
 *
 * @param checks those of the same metrics, in the same order.
 */
export function checksOtherwise({ canary, asked }: Known, checks: readonly CheckCase[]): string[] {
  return canary.spec.analysis.metrics.flatMap((metric, i) => {
    const measured = asked[i]?.measured;
    if (measured?.kind !== 'value' || metric.dryRun) return [];
    const { min = -Infinity, max = Infinity } = acceptedRange(metric);
    const { value, counts } = measured;
    const { stored, replayed } = checks[i] ?? {};
    if (value < min && counts !== undefined) return [fewer(metric.name, min, counts.canary)];
    if (value < min) return [off(metric, value, `${shown(metric, min)} and above`, stored)];
    if (value > max) return [off(metric, value, `${shown(metric, max)} and below`, stored)];
    const hasFailed = stored?.outcome === 'fail' && replayed?.outcome === 'pass';
    return hasFailed ? [passesNow(metric.name, stored)] : [];
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

/** What decided is what the controller saw: where the store tells it otherwise now, both are said. */
function off(metric: CanaryMetric, value: number, passes: string, stored: Check | undefined) {
  const now = shown(metric, value);
  const then = stored?.measured ?? now;
  const was = then === now ? now : `${then}, and ${now} asked again`;
  return `${metric.name} passes at ${passes}: it was ${was}.`;
}

function passesNow(name: string, { measured = 'no value' }: Check): string {
  return `${name} failed as the controller measured it (${measured}); up to the end of the comparison it passes.`;
}

function shown(metric: CanaryMetric, value: number): string {
  return quantity(value, unitOf(metric));
}
