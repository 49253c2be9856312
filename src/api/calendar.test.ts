import { validateCronExpression } from 'cron';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CronExpression, TimeZone, Window } from './calendar.ts';

function accepts(schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) {
  return schema.safeParse(value).success;
}

describe('the shape of a cron expression', () => {
  test.each([
    '* * * * *',
    '*/5 9-17 * * mon-fri',
    '0 0 9 1,15 * *',
    '30 4 * JAN-mar Sun',
    '@daily',
    '@weekdays',
    '0-30/10 * * * 7',
    '5/15  *  *  *  *',
  ])('accepts %s, as the cron library does', (text) => {
    expect(accepts(CronExpression, text)).toBe(true);
    expect(validateCronExpression(text).valid).toBe(true);
  });

  test.each([
    '',
    '* * * *',
    '* * * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * *',
    '5* * * * *',
    '1,,2 * * * *',
    'every day at nine',
    '@sometimes',
    '0 0 L * *',
    '$(date) * * * *',
  ])("refuses '%s', as the cron library does", (text) => {
    expect(accepts(CronExpression, text)).toBe(false);
    expect(validateCronExpression(text).valid).toBe(false);
  });

  test('refuses no numbers that the cron library accepts', () => {
    const value = fc.oneof(
      fc.constant('*'),
      fc.integer({ min: 0, max: 60 }).map(String),
      fc.tuple(fc.nat(31), fc.nat(31)).map(([a, b]) => `${a}-${b}`),
      fc.constantFrom('*/7', '1-9/2', '3/3', '1,2,5-6', '07', '*/010'),
    );
    const field = fc.array(value, { minLength: 1, maxLength: 3 }).map((list) => list.join(','));
    const expression = fc.array(field, { minLength: 5, maxLength: 6 }).map((f) => f.join(' '));
    fc.assert(
      fc.property(expression, (text) => {
        fc.pre(validateCronExpression(text).valid);
        expect(accepts(CronExpression, text)).toBe(true);
      }),
    );
  });
});

test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'GMT'])(
  '%s is a time zone',
  (name) => {
    expect(accepts(TimeZone, name)).toBe(true);
  },
);

test.each(['', 'Mars/Olympus', 'Europe/', '+02:00', 'local time', '../etc/passwd'])(
  "'%s' is no time zone",
  (name) => {
    expect(accepts(TimeZone, name)).toBe(false);
  },
);

test.each([
  [{ from: '22:00', to: '06:00' }, true],
  [{ days: ['Sat', 'Sun'], from: '00:00', to: '24:00', timeZone: 'Asia/Tokyo' }, true],
  [{ schedule: '0 9 * * mon-fri', duration: '8h' }, true],
  [{ schedule: '0 9 * * mon-fri' }, false],
  [{ duration: '8h' }, false],
  [{ days: [], from: '09:00', to: '10:00' }, false],
  [{}, false],
])('window %j: %s', (window, accepted) => {
  expect(accepts(Window, window)).toBe(accepted);
});
