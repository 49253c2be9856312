import { CronTime } from 'cron';
import type { CanaryAnalysis } from '../api/analysis.ts';
import { durationMs } from '../api/duration.ts';

/**
 * When a step that the mesh carried at `since` is judged: one interval later, or at the next time
 * that the schedule names.
 */
export function stepDueAt(analysis: CanaryAnalysis, since: number): number {
  const interval = durationMs(analysis.interval);
  if (analysis.schedule === undefined) return since + interval;
  return nextCronTime(analysis.schedule, analysis.timeZone, since) ?? since + interval;
}

/**
 * The first moment of a cron expression strictly after `after`, or undefined when there is none.
 * On the day that clocks go back, cron 4.4 can answer a time in the past: asked again an hour on,
 * it does not.
 */
export function nextCronTime(
  expression: string,
  timeZone: string,
  after: number,
): number | undefined {
  try {
    const time = new CronTime(expression, timeZone);
    for (const hours of [0, 1, 2, 3]) {
      const next = time.getNextDateFrom(new Date(after + hours * HOUR), timeZone).toMillis();
      if (next > after) return next;
    }
    return undefined;
  } catch {
    return undefined;
  }
}

const HOUR = 3_600_000;

/** Whether the expression ever comes true: `0 0 31 2 *` has the right shape and no date. */
export function hasCronTime(expression: string, timeZone: string, now: number): boolean {
  return nextCronTime(expression, timeZone, now) !== undefined;
}
