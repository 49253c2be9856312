import type { TestContext } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { Linnet } from '../controller/linnet.ts';
import { canary, deployment, type Version } from '../manifests/app.ts';
import { playWith, type Fleet } from '../scenarios/fleet.ts';
import type { Play } from '../scenarios/play.ts';
import type { Stage } from '../scenarios/stage.ts';
import { GATEWAY } from './bed/gateway.ts';
import { loadOn, publicHost, untilServed } from './stage.ts';
import { failures, summary } from './traffic/laws.ts';
import type { Answer, Load, LoadOptions } from './traffic/load.ts';
import { recordPlans, type Story } from './traffic/record.ts';

const SHOWN_FAILURES = 5;

/** Of each side. Enough for a metric of five seconds to judge a tenth of it. */
export const REQUESTS_PER_SECOND = 25;

/** Ten percent more at each step, up to half, and long enough to see what each does. */
const STEPS = { stepWeights: undefined, stepWeight: 10, maxWeight: 50, interval: '5s' };

/** A rollout of five steps, on a machine that has much else to do. */
const ROLLOUT_MS = 180_000;

/** How slow the machine of the test is shall not matter. */
const METRICS = [
  { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '5s' },
  { name: 'request-duration', thresholdRange: { max: 5000 }, interval: '5s' },
];

/** Who calls, how often from each side, and where inside the mesh. */
export type People = Partial<Omit<LoadOptions, 'side' | 'origin' | 'host' | 'onAnswer'>> & {
  readonly port?: number;
};

/** A workload that people call through the gateway and from inside the mesh, and all they got. */
export class MeshRollout {
  readonly play: Play;
  readonly name: string;
  readonly #answers: Answer[] = [];
  readonly #loads: Load[];
  #plans: ReturnType<typeof recordPlans> | undefined;
  #story: Promise<Story> | undefined;

  constructor(play: Play, name: string, context: TestContext, people: People = {}) {
    this.play = play;
    this.name = name;
    const { port = 80, ...told } = people;
    const to = { namespace: play.namespace, service: name, port };
    this.#loads = (['gateway', 'mesh'] as const).map((side) =>
      loadOn(side, to, {
        requestsPerSecond: REQUESTS_PER_SECOND,
        ...told,
        onAnswer: (answer) => this.#answers.push(answer),
      }),
    );
    context.onTestFailed(() => {
      console.error(`${play.namespace}:`, summary(this.#answers));
      const failed = failures({ answers: this.#answers }).slice(0, SHOWN_FAILURES);
      const whens = failed.map(({ sentAt }) => new Date(sentAt).toISOString());
      if (whens.length > 0) console.error('the first that failed were sent at', whens.join(', '));
    });
    context.onTestFinished(async () => void (await this.end()));
  }

  /** Makes the workload and its Canary; resolves when it is adopted and called from both sides. */
  async adopt(version: Version, analysis: object = {}, spec: object = {}): Promise<void> {
    const { play, name } = this;
    await play.apply(deployment(name, version), this.canary(analysis, spec));
    await play.untilPhase(name, 'Initialized');
    await this.call();
  }

  /** Adopts one version and releases the next; resolves when that one is judged at this weight. */
  async releaseTo(weight: number, spec: object = {}): Promise<void> {
    await this.adopt({ image: 'shop:1' }, {}, spec);
    await this.play.release(this.name, { image: 'shop:2' });
    await this.untilWeight(weight);
  }

  /** A Canary with the steps that the scenarios speak of, at the gateway and in the mesh. */
  canary(analysis: object = {}, spec: object = {}): object {
    const service = {
      port: 80,
      targetPort: 'http',
      gateways: [GATEWAY, 'mesh'],
      hosts: [publicHost(this.play.namespace, this.name)],
    };
    return canary(this.name, { ...STEPS, metrics: METRICS, ...analysis }, { service, ...spec });
  }

  /** From now on all that callers get is recorded, and the plan along with it. */
  async call(sides: readonly ('gateway' | 'mesh')[] = ['gateway', 'mesh']): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    const loads = this.#loads.filter((_, i) => sides.includes(i === 0 ? 'gateway' : 'mesh'));
    await Promise.all(loads.map((load) => untilServed(load, signal)));
    this.#plans = recordPlans(this.play, this.name);
    for (const load of loads) load.start();
  }

  /** Resolves when the rollout is judged at this weight. */
  async untilWeight(weight: number): Promise<void> {
    await this.play.until(
      this.name,
      ({ phase, stage, step }) =>
        phase === 'Progressing' && stage === 'analyse' && step?.weight === weight,
    );
  }

  /** How the rollout of a version ended, once it did; a version is known by its place in the history. */
  untilEnded(rollouts = 1): Promise<CanaryStatus> {
    return this.play.untilEnded(this.name, rollouts, ROLLOUT_MS);
  }

  /** Nobody calls any more; what all of them got. */
  end(): Promise<Story> {
    this.#story ??= this.#stop();
    return this.#story;
  }

  async #stop(): Promise<Story> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    return { answers: this.#answers, plans: (await this.#plans?.stop()) ?? [] };
  }
}

/** A namespace of its own under the controller of the whole fleet. */
export async function rolloutIn(
  fleet: Fleet,
  label: string,
  context: TestContext,
  people?: People,
): Promise<MeshRollout> {
  return new MeshRollout(await fleet.play(label, context), 'web', context, people);
}

/** A namespace of its own, and a controller that watches nothing else. */
export async function rolloutUnder(
  stage: Stage,
  label: string,
  context: TestContext,
): Promise<{ rollout: MeshRollout; linnet: Linnet }> {
  const namespace = await stage.newNamespace(label);
  const linnet = await stage.startLinnet({ namespace });
  const play = playWith(stage, linnet, namespace, context);
  return { rollout: new MeshRollout(play, 'web', context), linnet };
}
