import { expect } from 'vitest';
import { HookType } from '../../src/api/webhooks.ts';
import { SCALED_OBJECT, SERVICE } from '../../src/ports/kinds.ts';
import type { Version } from '../manifests/app.ts';
import type { Play, VirtualService } from './play.ts';
import type { Receiver } from './receiver.ts';

/** Canaries that are refused with a sentence, and the reason of the condition `Stalled`. */
export const NOT_YET: Readonly<Record<string, string>> = {
  'blue-green-mirror.yaml': 'TargetKindNotSupported',
  'gateway-api.yaml': 'ProviderNotSupported',
  'kubernetes.yaml': 'TargetKindNotSupported',
};

/** A manifest that is taken through a promotion and a rollback. */
export interface FlaggerRollout {
  readonly file: string;
  /** Other manifests of the collection that it needs. */
  readonly others?: readonly string[];
  /** Of its analysis, so that nobody has to wait. */
  readonly quicker?: object;
  /** And what no manifest of Flagger is. */
  readonly objects?: readonly object[];
  /** Whom requests are sent to, and with what; the apex Service without it. */
  readonly requests?: (name: string) => { service?: string; headers?: Record<string, string> };
  /** Each weight of the canary on the way to the promotion and back. */
  readonly weights: readonly number[];
  readonly promoted?: (seen: Promoted) => Promise<void> | void;
  readonly fails: Failing;
}

interface Promoted {
  readonly play: Play;
  readonly name: string;
  /** The VirtualService after each write. */
  readonly routes: readonly VirtualService[];
  readonly tester: Receiver<{ type?: string }>;
}

/** What is wrong with the next version. */
interface Failing {
  readonly version?: Partial<Version>;
  /** What the tester answers from then on. */
  readonly paths?: readonly [path: string, code: number][];
  readonly says: RegExp;
}

const FOR_USERS: Failing = {
  version: { errors: '90%' },
  says: /^ROLLBACK: .*(request-success-rate|5xx)/,
};
const IN_TESTS: Failing = {
  paths: [['/conformance', 500]],
  says: /^ROLLBACK: .*webhook conformance test \(rollout\) failed: answered 500/,
};

const PROMETHEUS_LOGIN = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'prom-auth' },
  stringData: { username: 'flagger', password: 'none' },
};

export const ROLLOUTS: readonly FlaggerRollout[] = [
  {
    file: 'istio-canary.yaml',
    others: ['metric-template.yaml'],
    objects: [PROMETHEUS_LOGIN],
    quicker: { stepWeight: 25 },
    weights: [25, 50, 25, 0],
    fails: FOR_USERS,
  },
  {
    file: 'canary-steps.yaml',
    weights: [10, 40, 10, 0],
    promoted: async ({ play, name }) => {
      const ports = [{ port: 9898, targetPort: 'http' }, { port: 9797 }, { port: 9999 }];
      const spec = {
        ports: expect.arrayContaining(
          ports.map((port) => expect.objectContaining(port) as object),
        ) as object,
      };
      const service = (suffix: string) => play.get(SERVICE, `${name}${suffix}`);
      expect(await service('')).toMatchObject({ spec, metadata: { labels: { tier: 'money' } } });
      expect(await service('-primary')).toMatchObject({
        spec,
        metadata: { labels: { role: 'primary' }, annotations: { 'example.com/pager': 'true' } },
      });
      expect(await service('-canary')).toMatchObject({
        spec,
        metadata: { annotations: { 'example.com/experiment': 'true' } },
      });
    },
    fails: FOR_USERS,
  },
  {
    file: 'header-routing.yaml',
    requests: () => ({ headers: { 'x-canary': 'insider' } }),
    weights: [100, 0],
    fails: FOR_USERS,
  },
  {
    file: 'blue-green.yaml',
    requests: (name) => ({ service: `${name}-canary` }),
    weights: [100, 0],
    fails: FOR_USERS,
  },
  {
    file: 'mirroring.yaml',
    weights: [100, 0],
    promoted: ({ routes, name }) => {
      const mirrored = routes.filter(({ spec }) =>
        mirrorOf(spec)?.host.startsWith(`${name}-canary`),
      );
      expect(mirrored.length).toBeGreaterThan(0);
      expect(mirrorOf(routes.at(-1)!.spec)).toBeUndefined();
    },
    fails: FOR_USERS,
  },
  { file: 'mirrored-canary.yaml', weights: [25, 50, 0], fails: FOR_USERS },
  {
    file: 'session-affinity.yaml',
    weights: [30, 60, 0],
    promoted: ({ routes }) => {
      const texts = routes.map((route) => JSON.stringify(route));
      expect(texts.some((text) => text.includes('"Set-Cookie":"flagger-cookie='))).toBe(true);
      expect(texts.some((text) => text.includes('primary-flagger-cookie='))).toBe(true);
    },
    fails: FOR_USERS,
  },
  {
    file: 'keda.yaml',
    weights: [50, 0],
    promoted: async ({ play, name }) => {
      const { metadata } = await play.get(SCALED_OBJECT, name);
      expect(metadata.annotations).toMatchObject({ 'autoscaling.keda.sh/paused-replicas': '0' });
      const primary = await play.get(SCALED_OBJECT, `${name}-primary`);
      expect(primary.metadata.annotations).not.toHaveProperty(
        'autoscaling.keda.sh/paused-replicas',
      );
      expect(primary).toMatchObject({
        spec: {
          minReplicaCount: 2,
          maxReplicaCount: 6,
          scaleTargetRef: { name: `${name}-primary` },
          triggers: [{ metadata: { query: expect.stringContaining('worker-primary') as string } }],
        },
      });
    },
    fails: FOR_USERS,
  },
  {
    file: 'webhooks.yaml',
    weights: [40, 0],
    promoted: ({ tester }) => {
      const types = tester.received.map(({ type }) => type);
      expect(new Set(types)).toEqual(new Set(HookType.options));
    },
    fails: { paths: [['/rollback/check', 200]], says: /webhook brake asked for a rollback/ },
  },
  { file: 'grpc.yaml', weights: [20, 40, 0], fails: FOR_USERS },
  {
    file: 'own-metric.yaml',
    others: ['error-percentage.yaml'],
    weights: [30, 60, 0],
    fails: { version: { errors: '30%' }, says: /^ROLLBACK: .*(error-percentage|5xx)/ },
  },
  { file: 'kubernetes-blue-green.yaml', weights: [], fails: IN_TESTS },
  { file: 'kubernetes-weights.yaml', weights: [], fails: IN_TESTS },
];

function mirrorOf({ http }: VirtualService['spec']): { host: string } | undefined {
  const [route] = http as { mirror?: { host: string } }[];
  return route?.mirror;
}
