import { afterAll, beforeAll, type TestContext } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { Linnet, LinnetOptions } from '../controller/linnet.ts';
import { buildShipped, type Shipped } from '../controller/shipped.ts';
import { crossToApi, type ApiCrossing } from '../weather/api-crossing.ts';
import { playWith } from './fleet.ts';
import type { Play } from './play.ts';
import type { Stage } from './stage.ts';

/** Where rollouts come into bad weather, each under a controller of its own. */
export interface MidRollout {
  stage: Stage;
  /** Many controllers are started here, and a build starts in half the time. */
  shipped: Shipped;
  /** One more controller. */
  start(options: LinnetOptions): Promise<Linnet>;
  /** A rollout at weight 20, under a controller that watches its namespace only. */
  at20(label: string, context: TestContext, options?: LinnetOptions): Promise<Play>;
  /** The same, with the controller's way to the API server in our hands. */
  at20Crossing(label: string, context: TestContext): Promise<CrossingPlay>;
}

export interface CrossingPlay {
  readonly play: Play;
  readonly crossing: ApiCrossing;
}

/** Starts the stage for the tests of a file. */
export function prepareMidRollout(prepare: () => Promise<Stage>): MidRollout {
  const mid: MidRollout = {
    stage: undefined as unknown as Stage,
    shipped: undefined as unknown as Shipped,
    start: ({ program, ...options }) =>
      mid.stage.startLinnet({ ...options, program: { main: mid.shipped.main, ...program } }),
    async at20(label, context, options = {}) {
      const { stage } = mid;
      const namespace = await stage.newNamespace(label);
      const linnet = await mid.start({ ...options, namespace });
      // It would try again and again to go a way that is closed by then, beside all later tests.
      context.onTestFinished(() => linnet.kill());
      const play = playWith(stage, linnet, namespace, context);
      await play.adopt('web', { metrics: [SUCCESS_RATE] });
      await play.release('web', { image: 'shop:2' });
      await play.until('web', isAnalysedAt20);
      return play;
    },
    async at20Crossing(label, context) {
      let crossing: ApiCrossing | undefined;
      const through = async (kubeconfig: string) => {
        crossing = await crossToApi(kubeconfig);
        context.onTestFinished(() => crossing?.close());
        return crossing.kubeconfig;
      };
      const play = await mid.at20(label, context, { through });
      if (crossing === undefined) throw new Error('the stage took no other way');
      return { play, crossing };
    },
  };
  beforeAll(async () => {
    [mid.stage, mid.shipped] = await Promise.all([prepare(), buildShipped()]);
  });
  afterAll(async () => {
    await mid.shipped?.remove();
    await mid.stage?.close();
  });
  return mid;
}

/** Not how long requests take: on a machine that is busy they take long. */
const SUCCESS_RATE = { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '5s' };

function isAnalysedAt20({ phase, stage, step }: CanaryStatus): boolean {
  return phase === 'Progressing' && stage === 'analyse' && step?.weight === 20;
}
