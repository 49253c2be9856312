import type { CanaryStatus } from '../../../src/api/status.ts';
import { REVISION } from '../../../src/api/annotations.ts';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import { CANARY_KIND, CONTROLLER_REVISION } from '../../../src/ports/kinds.ts';
import { states } from '../../cluster/kube/waiting.ts';
import type { LiveCanary, Play } from '../../scenarios/play.ts';
import type { Answer } from './load.ts';

/** What the plan was from a moment on. */
export interface PlanSeen {
  /** When the watch told of it: never before it was stored. */
  readonly at: number;
  readonly phase: CanaryStatus['phase'];
  readonly stage: CanaryStatus['stage'];
  /** Percent of traffic that the canary is to get. */
  readonly weight: number;
  /** The image under analysis, or analysed last. */
  readonly candidate: string | undefined;
  /** The image that the primary is to run. */
  readonly stable: string | undefined;
}

/** All that callers got, and what the plan was meanwhile. */
export interface Story {
  readonly answers: readonly Answer[];
  readonly plans: readonly PlanSeen[];
}

interface Pinned extends KubeObject {
  readonly data: {
    readonly template: { readonly spec: { readonly containers: readonly { image: string }[] } };
  };
}

/** Follows the plan of a Canary until it is stopped. */
export function recordPlans(play: Play, name: string): { stop(): Promise<PlanSeen[]> } {
  const { api } = play.stage;
  const stopped = new AbortController();
  const seen: { at: number; status: CanaryStatus }[] = [];
  const images = new Map<string, string>();

  const following = Promise.all([followStatus(), followImages()]);
  following.catch(() => undefined);
  return {
    async stop() {
      stopped.abort();
      await following;
      return seen.map(({ at, status }) => planSeen(at, status, images));
    },
  };

  async function followStatus(): Promise<void> {
    for await (const items of states<LiveCanary>(api, play.path(CANARY_KIND), stopped.signal)) {
      const status = items.find(({ metadata }) => metadata.name === name)?.status;
      if (status !== undefined) seen.push({ at: Date.now(), status });
    }
  }

  async function followImages(): Promise<void> {
    for await (const items of states<Pinned>(api, play.path(CONTROLLER_REVISION), stopped.signal)) {
      for (const { metadata, data } of items) {
        const revision = metadata.annotations?.[REVISION];
        const image = data.template.spec.containers[0]?.image;
        if (revision !== undefined && image !== undefined) images.set(revision, image);
      }
    }
  }
}

function planSeen(at: number, status: CanaryStatus, images: Map<string, string>): PlanSeen {
  const { phase, stage, canaryWeight, revision, lastPromotedSpec } = status;
  return {
    at,
    phase,
    stage,
    weight: canaryWeight,
    candidate: images.get(revision ?? ''),
    stable: images.get(lastPromotedSpec ?? ''),
  };
}
