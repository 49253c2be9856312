import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { CANARY_KIND, DEPLOYMENT } from '../../src/ports/kinds.ts';
import { type Fleet, playWith, SCENARIO } from './fleet.ts';
import type { Play } from './play.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples');

/** What `rehearsal.yaml` beside an example says of it. */
interface Rehearsal {
  /** Intervals that nobody has to wait minutes for. */
  readonly speed: { readonly interval: string; readonly metrics: string };
  readonly canary: { readonly namespace: string; readonly name: string };
  readonly requestsPerSecond: number;
  readonly rollouts: readonly RehearsedRollout[];
}

interface RehearsedRollout {
  readonly change: { readonly image: string; readonly env?: Readonly<Record<string, string>> };
  readonly deadlineSeconds?: number;
  readonly ends: 'Succeeded' | 'Failed';
  /** Every weight above 0 that the canary has, in order. */
  readonly weights?: readonly number[];
}

/** Each example, applied as it is but for its speed, ends as its rehearsal says. */
export function describeExamples(fleet: Fleet): void {
  describe.concurrent('the example', SCENARIO, () => {
    test.for(readdirSync(EXAMPLES))('%s', async (example, context) => {
      const rehearsal = parse(read(example, 'rehearsal.yaml')) as Rehearsal;
      const { namespace, name } = rehearsal.canary;
      const play = playWith(fleet.stage, fleet.linnet, namespace, context);
      await play.apply(...objectsOf(example).map((object) => atSpeed(object, rehearsal)));
      play.sendRequests(name, rehearsal.requestsPerSecond);
      await play.untilPhase(name, 'Initialized');
      const ended: Ended[] = [];
      for (const rollout of rehearsal.rollouts) {
        ended.push(await rehearse(play, name, rollout, ended.length + 1));
      }
      expect(ended).toMatchObject(rehearsal.rollouts.map(expectedOf));
    });
  });
}

interface Ended {
  readonly phase: string;
  readonly verdict: string | undefined;
  readonly weights: readonly number[];
}

function expectedOf({ ends, weights }: RehearsedRollout): Partial<Ended> {
  return { phase: ends, ...(weights === undefined ? {} : { weights }) };
}

async function rehearse(
  play: Play,
  name: string,
  { change, deadlineSeconds }: RehearsedRollout,
  count: number,
): Promise<Ended> {
  if (deadlineSeconds !== undefined) {
    await play.edit(name, { progressDeadlineSeconds: deadlineSeconds });
  }
  const recording = await play.recordWeights(name);
  await changeTarget(play, name, change);
  const { phase, verdict } = await play.untilEnded(name, count);
  const weights = (await recording.stop()).filter((weight) => weight > 0);
  return { phase, verdict, weights };
}

type Container = Record<string, unknown>;

type Target = KubeObject & { spec: { template: { spec: { containers: Container[] } } } };

/** The rest of the container stays as the example has it. */
async function changeTarget(
  play: Play,
  name: string,
  { image, env = {} }: RehearsedRollout['change'],
): Promise<void> {
  const { spec } = await play.get<Target>(DEPLOYMENT, name);
  const variables = Object.entries(env).map(([variable, value]) => ({ name: variable, value }));
  const [container, ...others] = spec.template.spec.containers;
  const containers = [{ ...container, image, env: variables }, ...others];
  const template = { spec: { containers } };
  await play.stage.api.patch(play.path(DEPLOYMENT, name), { spec: { template } });
}

/** All that `kubectl apply -k` would apply, but the namespace, which the stage has. */
function objectsOf(example: string): KubeObject[] {
  const { resources } = parse(read(example, 'kustomization.yaml')) as { resources: string[] };
  return resources
    .flatMap((file) => parseAllDocuments(read(example, file)))
    .map((document) => document.toJSON() as KubeObject)
    .filter(({ kind }) => kind !== 'Namespace');
}

interface CanaryManifest extends KubeObject {
  readonly spec: { readonly analysis: { readonly metrics?: readonly object[] } };
}

function atSpeed(object: KubeObject, { speed }: Rehearsal): KubeObject {
  if (object.kind !== CANARY_KIND.kind) return object;
  const canary = object as CanaryManifest;
  const { metrics = [], ...analysis } = canary.spec.analysis;
  const quicker = metrics.map((metric) => ({ ...metric, interval: speed.metrics }));
  const { interval } = speed;
  const spec = { ...canary.spec, analysis: { ...analysis, interval, metrics: quicker } };
  return Object.assign({}, canary, { spec });
}

function read(example: string, file: string): string {
  return readFileSync(path.join(EXAMPLES, example, file), 'utf8');
}
