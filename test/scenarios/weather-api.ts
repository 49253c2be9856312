import { describe, expect, test, vi } from 'vitest';
import type { OpenWatch } from '../weather/open-watch.ts';
import {
  answering,
  conflictingOnce,
  counted,
  everyOther,
  late,
  REJECTED,
  rejecting,
  type Weather,
} from '../weather/weathers.ts';
import { SCENARIO } from './fleet.ts';
import type { MidRollout } from './mid-rollout.ts';

const RETRY_AFTER = { 'retry-after': '1' };

/** Everything that an API server may answer, until the rollout has come to its end. */
const ANSWERS: readonly [string, () => Weather][] = [
  ['answers every other request 429, with a time to wait', () => throttling()],
  ['answers every other request 500', () => everyOther(answering(500))],
  ['answers every write 409 once', () => conflictingOnce()],
  ['takes 5 s for every answer', () => late(5000)],
];

/** What happens to watches, and again to those that are opened anew. */
const CUTS: readonly [string, (watch: OpenWatch) => void][] = [
  ['cuts watches', (watch) => watch.cut()],
  ['answers watches 410', (watch) => watch.expire()],
];

/** The API server is slow, overtaxed, contradictory, or keeps silent. */
export function describeApiWeather(mid: MidRollout): void {
  describe.concurrent('a rollout ends as it would have when the API server', LONG, () => {
    test.for(ANSWERS)('%s', async ([, make], context) => {
      const { play, crossing } = await mid.at20Crossing('api', context);
      const recording = await play.recordWeights('web');
      crossing.under(make());
      expect(await play.untilEnded('web', 1, LONG.timeout)).toMatchObject({
        phase: 'Succeeded',
        failedChecks: 0,
      });
      expect(await recording.stop()).toEqual([50, 0]);
    });

    test.for(CUTS)('%s again and again', async ([, cut], context) => {
      const { play, crossing } = await mid.at20Crossing('watches', context);
      const recording = await play.recordWeights('web');
      const again = setInterval(() => {
        for (const watch of crossing.watches) cut(watch);
      }, 1000);
      context.onTestFinished(() => clearInterval(again));
      expect(await play.untilEnded('web', 1, LONG.timeout)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
    });

    test('keeps its watches open and tells nothing any more', async (context) => {
      const { play, crossing } = await mid.at20Crossing('silent', context);
      const recording = await play.recordWeights('web');
      for (const watch of crossing.watches) watch.silence();
      expect(await play.untilEnded('web', 1, LONG.timeout)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
    });

    test('takes the token for expired, until there is another', async (context) => {
      const { play, crossing } = await mid.at20Crossing('token', context);
      const recording = await play.recordWeights('web');
      const refused = counted(answering(401));
      const clear = crossing.under(refused.weather);
      for (const watch of crossing.watches) watch.cut();
      await vi.waitFor(() => expect(refused.met).toBeGreaterThan(30), LONG);
      clear();
      expect(await play.untilEnded('web', 1)).toMatchObject({
        phase: 'Succeeded',
        failedChecks: 0,
      });
      expect(await recording.stop()).toEqual([50, 0]);
    });

    test('rejects the VirtualService: its words are in the condition, until it lets it pass', async (context) => {
      const { play, crossing } = await mid.at20Crossing('rejected', context);
      const recording = await play.recordWeights('web');
      const clear = crossing.under(rejecting('virtualservices'));
      const { status } = await play.until('web', ({ conditions }) =>
        conditions.some(({ type, status }) => type === 'Stalled' && status === 'True'),
      );
      const stalled = status?.conditions.find(({ type }) => type === 'Stalled');
      expect(stalled).toMatchObject({ reason: 'WriteForbidden' });
      expect(stalled?.message).toContain(REJECTED);
      expect(stalled?.message).toContain('virtualservices.networking.istio.io');
      clear();
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
    });
  });
}

/** A watch is taken for dead after 90 s; a rollout has a dozen requests one after the other. */
const LONG = { ...SCENARIO, timeout: 400_000 };

function throttling(): Weather {
  return everyOther(answering(429, RETRY_AFTER));
}
