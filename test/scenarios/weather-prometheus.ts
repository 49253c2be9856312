import { describe, expect, test } from 'vitest';
import { startCrossing } from '../weather/crossing.ts';
import {
  answering,
  broken,
  emptyPrometheus,
  half,
  html,
  late,
  type Weather,
} from '../weather/weathers.ts';
import { SCENARIO } from './fleet.ts';
import type { MidRollout } from './mid-rollout.ts';

/** What it does, how that is told to people. */
const WEATHERS: readonly [string, Weather, RegExp][] = [
  ['is away', broken(), /Prometheus/],
  ['takes longer than anybody waits', late(60_000), /Prometheus/],
  ['answers 503', answering(503), /Prometheus/],
  ['answers with a page for people', html(), /Prometheus/],
  ['breaks off in the middle of an answer', half(), /Prometheus/],
  ['has begun anew and knows nothing', emptyPrometheus(), /./],
];

/** No evidence is no verdict. */
export function describePrometheusWeather(mid: MidRollout): void {
  describe.concurrent('a rollout holds, says so, and goes on when Prometheus', SCENARIO, () => {
    test.for(WEATHERS)('%s for a while', async ([, weather, words], context) => {
      const crossing = await startCrossing({ url: mid.stage.prometheusUrl });
      context.onTestFinished(() => crossing.close());
      const flags = { prometheus: crossing.url };
      const play = await mid.at20('prometheus', context, { flags });
      const recording = await play.recordWeights('web');
      const clear = crossing.under(weather);
      const { status } = await play.until('web', ({ hold }) => hold?.code === 'evidence');
      expect(status).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
      await play.until(
        'web',
        ({ verdict = '' }) => verdict.startsWith('HOLD: ') && words.test(verdict),
      );
      clear();
      expect(await play.untilEnded('web', 1)).toMatchObject({
        phase: 'Succeeded',
        failedChecks: 0,
      });
      expect(await recording.stop()).toEqual([50, 0]);
    });
  });
}
