import { z } from 'zod';
import { Duration } from './duration.ts';
import { celText, matching, presentOf, ruled } from './rule.ts';

/**
 * A cron expression: five fields, or six with seconds first, or a preset. The shape bounds every
 * number; whether a date exists at all (`0 0 31 2 *`) only the cron library can tell.
 */
export const CronExpression = matching(
  128,
  cronShape(),
  'a cron expression of five fields (minute, hour, day of month, month, day of week), six with seconds first, or a preset such as @hourly',
);

function cronShape(): RegExp {
  const sixty = '[0-5]?[0-9]';
  const hour = '(?:[01]?[0-9]|2[0-3])';
  const day = '(?:0?[1-9]|[12][0-9]|3[01])';
  const month = `(?:0?[1-9]|1[0-2]|${anyCase('jan feb mar apr may jun jul aug sep oct nov dec')})`;
  const weekday = `(?:0?[0-7]|${anyCase('sun mon tue wed thu fri sat')})`;
  const five = [sixty, hour, day, month, weekday].map(listOf).join(' +');
  const presets = 'yearly|monthly|weekly|daily|hourly|minutely|secondly|weekdays|weekends';
  return new RegExp(`^(?:@(?:${presets})|(?:${listOf(sixty)} +)?${five})$`);
}

function anyCase(names: string): string {
  const letter = (c: string) => `[${c}${c.toUpperCase()}]`;
  return names
    .split(' ')
    .map((name) => Array.from(name, letter).join(''))
    .join('|');
}

function listOf(value: string): string {
  const item = String.raw`(?:\*|${value}(?:-${value})?)(?:/0*[1-9][0-9]*)?`;
  return `${item}(?:,${item})*`;
}

/** An IANA time zone. Admission knows its shape, the controller the zones themselves. */
export const TimeZone = ruled(z.string().max(64), {
  cel: `self.matches(${celText('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$')})`,
  holds: isTimeZone,
  allowed: 'an IANA time zone such as UTC or Europe/Berlin',
});

function isTimeZone(name: string): boolean {
  if (KNOWN_ZONES.has(name)) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  KNOWN_ZONES.add(name);
  return true;
}

/** Asking for a zone costs more than all else in a Canary together. */
const KNOWN_ZONES = new Set<string>();

export const Weekday = z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']);
export type Weekday = z.infer<typeof Weekday>;

const TimeOfDay = matching(
  5,
  /^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/,
  'a time of day from 00:00 to 24:00, such as 09:30',
);

/** When a rollout may start, advance and promote: wall-clock hours, or a cron start and a length. */
export const Window = ruled(
  z.object({
    days: z
      .array(Weekday)
      .min(1)
      .max(7)
      .optional()
      .describe('Days of the week on which the window opens. Default: every day.'),
    from: TimeOfDay.optional().describe('Time of day at which it opens, `HH:MM`.'),
    to: TimeOfDay.optional().describe(
      'Time of day at which it closes; earlier than `from` means on the next day.',
    ),
    schedule: CronExpression.optional().describe(
      'Cron expression of the moments at which it opens, instead of `days`, `from` and `to`.',
    ),
    duration: Duration('1m').optional().describe('How long it stays open after `schedule`.'),
    timeZone: TimeZone.default('UTC').describe('IANA time zone of the times above.'),
  }),
  {
    cel: 'has(self.schedule) ? has(self.duration) && !has(self.days) && !has(self.from) && !has(self.to) : has(self.from) && has(self.to) && !has(self.duration)',
    holds: (w) =>
      w.schedule === undefined
        ? w.from !== undefined && w.to !== undefined && w.duration === undefined
        : w.duration !== undefined && [w.days, w.from, w.to].every((v) => v === undefined),
    allowed: 'either from and to (with days), or schedule and duration',
    found: presentOf('days', 'from', 'to', 'schedule', 'duration'),
  },
  {
    cel: '!has(self.from) || !has(self.to) || self.from != self.to',
    holds: (w) => w.from === undefined || w.from !== w.to,
    field: 'to',
    allowed: 'a time of day that differs from the one in from',
    found: { cel: 'self.to', text: (w) => w.to ?? '' },
  },
);
export type Window = z.infer<typeof Window>;
