import { DateTime } from 'luxon';
import { durationMs } from '../api/duration.ts';
import type { Window } from '../api/calendar.ts';
import { nextCronTime } from './schedule.ts';

/** Whether a rollout may start, advance or promote now. Without windows, always. */
export function isInWindow(windows: readonly Window[] | undefined, now: number): boolean {
  if (windows === undefined || windows.length === 0) return true;
  return windows.some((window) => isOpen(window, now));
}

function isOpen(window: Window, now: number): boolean {
  return window.schedule === undefined ? isWallClock(window, now) : isCron(window, now);
}

/** Wall-clock hours are compared as fields of local time, so that a change of clocks moves nothing. */
function isWallClock(window: Window, now: number): boolean {
  const local = DateTime.fromMillis(now, { zone: window.timeZone });
  const minute = local.hour * 60 + local.minute;
  const from = minuteOf(window.from ?? '00:00');
  const to = minuteOf(window.to ?? '24:00');
  if (from < to) return minute >= from && minute < to && opensOn(window, local);
  const sinceYesterday = minute < to && opensOn(window, local.minus({ days: 1 }));
  return sinceYesterday || (minute >= from && opensOn(window, local));
}

function opensOn(window: Window, day: DateTime): boolean {
  return window.days === undefined || window.days.some((name) => DAYS[name] === day.weekday);
}

const DAYS = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 } as const;

function minuteOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * 60 + minute;
}

/** Open when the expression came true within `duration` before now. */
function isCron(window: Window, now: number): boolean {
  const duration = durationMs(window.duration ?? '0s');
  const start = nextCronTime(window.schedule ?? '', window.timeZone, now - duration);
  return start !== undefined && start <= now;
}
