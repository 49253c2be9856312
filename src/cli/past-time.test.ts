import { describe, expect, it } from 'vitest';
import { pastTime } from './past-time.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

describe('a time on the command line', () => {
  it.each([
    ['now', '2026-11-21T12:00:00Z'],
    ['-24h', '2026-11-20T12:00:00Z'],
    ['-1h30m', '2026-11-21T10:30:00Z'],
    ['1795251600', '2026-11-21T09:00:00Z'],
    ['1795251600.5', '2026-11-21T09:00:00.5Z'],
    ['-7d', '2026-11-14T12:00:00Z'],
    ['2026-11-21T09:00:00Z', '2026-11-21T09:00:00Z'],
    ['2026-11-21T09:00:00.5+01:00', '2026-11-21T08:00:00.5Z'],
  ])('%s', (text, time) => {
    expect(pastTime('--from', text, NOW)).toBe(Date.parse(time));
  });

  it.each([
    '',
    'yesterday',
    '24h',
    '-24',
    '2026-11-21',
    '1795251600000',
    '2026-11-21T09:00:00',
    '2026-02-30T09:00:00Z',
  ])("refuses '%s' with a sentence", (text) => {
    expect(() => pastTime('--from', text, NOW)).toThrow(
      `--from: found '${text}', allowed is a time such as 2026-11-21T09:00:00Z, 1795251600, now, or -24h`,
    );
  });
});
