import type { Canary } from '../api/canary.ts';
import type { Problem } from '../ports/workload.ts';
import { hasCronTime } from './schedule.ts';

/** Cron expressions of the right shape whose date never comes, such as the 31st of February. */
export function calendarProblems({ spec }: Canary, now: number): Problem[] {
  const { schedule, timeZone } = spec.analysis;
  const named = [
    { path: 'spec.analysis.schedule', expression: schedule, timeZone },
    ...(spec.windows ?? []).map((window, i) => ({
      path: `spec.windows[${i}].schedule`,
      expression: window.schedule,
      timeZone: window.timeZone,
    })),
  ];
  return named.flatMap(({ path, expression, timeZone }) => {
    if (expression === undefined || comes(expression, timeZone, now)) return [];
    const message = `${path}: found '${expression}', allowed is an expression whose date comes`;
    return [{ reason: 'ScheduleNeverComes', message }];
  });
}

/** Whether a date exists does not depend on when that is asked, and takes long to find out. */
function comes(expression: string, timeZone: string, now: number): boolean {
  const key = `${expression} ${timeZone}`;
  const known = KNOWN.get(key) ?? hasCronTime(expression, timeZone, now);
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(key, known);
  return known;
}

const KNOWN = new Map<string, boolean>();
const MOST_KNOWN = 10_000;
