import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { obedient } from '../../test/builders/observation.ts';
import { calendarProblems } from './calendar-problems.ts';
import { decide } from './decide.ts';

const NEVER = '0 0 31 2 *';
const NOW = Date.UTC(2026, 10, 21);

describe('calendarProblems', () => {
  it.each([
    ['analysis.schedule', { analysis: { schedule: NEVER } }, 'spec.analysis.schedule'],
    [
      'a window',
      { spec: { windows: [{ schedule: NEVER, duration: '1h' }] } },
      'spec.windows[0].schedule',
    ],
  ])('names the field of %s whose date never comes', (_, parts, path) => {
    const [problem, ...more] = calendarProblems(aCanary(parts), NOW);
    expect(more).toEqual([]);
    expect(problem?.message).toContain(`${path}: found '${NEVER}', allowed is`);
  });

  it('accepts a leap day, and a Canary without any schedule', () => {
    expect(calendarProblems(aCanary({ analysis: { schedule: '0 0 29 2 *' } }), NOW)).toEqual([]);
    expect(calendarProblems(aCanary(), NOW)).toEqual([]);
  });

  it('stalls the Canary, and nothing is begun', () => {
    const canary = aCanary({ analysis: { schedule: NEVER } });
    const planned = { ...canary, status: decide(canary, obedient(canary, { revision: 'a' }), NOW) };
    const seen = obedient(planned, { revision: 'a' });
    const status = decide(planned, seen, NOW + 60_000);
    expect(status).toMatchObject({ phase: 'Initializing', stage: 'primary' });
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Stalled', status: 'True', reason: 'ScheduleNeverComes' }),
    );
  });
});
