import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { hasCronTime, nextCronTime, stepDueAt } from './schedule.ts';
import { isInWindow } from './windows.ts';

const at = (text: string) => Date.parse(text);
const text = (ms: number | undefined) =>
  ms === undefined ? undefined : new Date(ms).toISOString();

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('stepDueAt', () => {
  it('is one interval after the mesh carried the step', () => {
    const { analysis } = aCanary({ analysis: { interval: '1m30s' } }).spec;
    expect(text(stepDueAt(analysis, at('2026-11-21T09:00:00Z')))).toBe('2026-11-21T09:01:30.000Z');
  });

  it('is the next time of a schedule, in its time zone', () => {
    const schedule = { schedule: '0 9 * * Mon-Fri', timeZone: 'Europe/Berlin' };
    const { analysis } = aCanary({ analysis: schedule }).spec;
    expect(text(stepDueAt(analysis, at('2026-11-20T09:00:00Z')))).toBe('2026-11-23T08:00:00.000Z');
  });
});

describe('nextCronTime', () => {
  it.each([
    ['*/15 * * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:15:00.000Z'],
    ['30 0 9 * * *', 'UTC', '2026-01-01T09:00:00Z', '2026-01-01T09:00:30.000Z'],
    ['@daily', 'America/New_York', '2026-07-01T12:00:00Z', '2026-07-02T04:00:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T01:00:00.000Z'],
  ])('%s in %s after %s is %s', (expression, zone, after, next) => {
    expect(text(nextCronTime(expression, zone, at(after)))).toBe(next);
  });

  it.each([
    ['Australia/Melbourne', '2026-04-05', '2026-10-04'],
    ['Pacific/Auckland', '2026-04-05', '2026-09-27'],
    ['Australia/Lord_Howe', '2026-04-05', '2026-10-04'],
    ['Europe/Berlin', '2026-03-29', '2026-10-25'],
  ])('never goes back in %s, on the days when clocks change', (zone, ...changes) => {
    const steps = changes.flatMap((day) => {
      const times = [at(`${day}T00:00:00Z`) - 2 * DAY];
      while ((times.at(-1) ?? Infinity) < at(`${day}T00:00:00Z`) + 2 * DAY) {
        times.push(nextCronTime('*/30 * * * *', zone, times.at(-1) ?? 0) ?? Infinity);
      }
      return times.slice(1).map((time, i) => time - (times[i] ?? 0));
    });
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expect(Math.max(...steps)).toBeLessThanOrEqual(2.5 * HOUR);
  });

  it('is none where no such date exists', () => {
    expect(hasCronTime('0 0 31 2 *', 'UTC', 0)).toBe(false);
    expect(hasCronTime('0 0 29 2 *', 'UTC', 0)).toBe(true);
  });
});

describe('isInWindow', () => {
  const office = { days: ['Mon', 'Fri'], from: '09:00', to: '17:00', timeZone: 'Europe/Berlin' };
  const night = { days: ['Fri'], from: '22:00', to: '04:00', timeZone: 'UTC' };
  const cron = { schedule: '0 9 * * *', duration: '2h', timeZone: 'UTC' };

  it.each([
    ['office hours', office, '2026-11-20T08:00:00Z', true],
    ['before they begin', office, '2026-11-20T07:59:59Z', false],
    ['after their end', office, '2026-11-20T16:00:00Z', false],
    ['another day', office, '2026-11-19T10:00:00Z', false],
    ['the same wall clock in summer', office, '2026-07-03T07:00:00Z', true],
    ['a night, its evening', night, '2026-11-20T23:00:00Z', true],
    ['a night, the morning after', night, '2026-11-21T03:59:00Z', true],
    ['the morning before it', night, '2026-11-20T03:00:00Z', false],
    ['a cron start', cron, '2026-11-20T09:00:00Z', true],
    ['the last moment of its length', cron, '2026-11-20T10:59:59Z', true],
    ['its end', cron, '2026-11-20T11:00:00Z', false],
  ])('%s', (_name, window, when, open) => {
    const { windows } = aCanary({ spec: { windows: [window] } }).spec;
    expect(isInWindow(windows, at(when))).toBe(open);
  });

  it('is always open without windows, and with any of several', () => {
    const { windows } = aCanary({ spec: { windows: [office, cron] } }).spec;
    expect(isInWindow(undefined, 0)).toBe(true);
    expect(isInWindow(windows, at('2026-11-21T09:30:00Z'))).toBe(true);
  });
});
