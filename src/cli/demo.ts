import pc from 'picocolors';
import type { CanaryStatus, Phase } from '../api/status.ts';
import type { ClusterState, KubeObject } from '../sandbox/apiserver/cluster-state.ts';
import { sidecarOf } from '../sandbox/mesh/mesh-request.ts';
import type { Load } from '../sandbox/load.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { startReceiver } from './demo-receiver.ts';
import type { Screen } from './demo-screen.ts';
import {
  CHECKOUT,
  checkoutCanary,
  checkoutDeployment,
  podTemplate,
  REQUESTS_PER_SECOND,
  teamChat,
  USERS,
  V1,
  V2,
  V3,
  type Version,
} from './demo-shop.ts';
import { TrafficWatch } from './demo-traffic.ts';
import type { Frame, Line, VersionRow } from './demo-view.ts';
import { startControllerOn } from './rehearsal.ts';

/**
 * `linnet demo`: two rollouts of a small shop in the sandbox, by the very controller that runs in
 * clusters. Answers 0 only if the healthy version was promoted and the faulty one taken back.
 */
export async function playDemo(screen: Screen): Promise<number> {
  const endings: (() => void | Promise<void>)[] = [];
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  process.once('SIGTERM', () => interrupted.abort());
  try {
    return await play(screen, endings, interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    return 130;
  } finally {
    screen.close();
    for (const end of endings.toReversed()) await end();
  }
}

async function play(
  screen: Screen,
  endings: (() => void | Promise<void>)[],
  signal: AbortSignal,
): Promise<number> {
  screen.say(`${pc.bold('Linnet')}: a small shop on a mesh on this machine. Starting it…`);
  const story = new Story(screen, signal);
  const receiver = await startReceiver(({ text }) => story.hear(text));
  endings.push(() => receiver.close());
  const sandbox = await startSandbox({ onProgress: (line) => screen.say(pc.dim(line)) });
  endings.push(() => sandbox.stop());
  const controller = await startControllerOn(sandbox);
  endings.push(() => controller.stop());
  const traffic = new TrafficWatch(sandbox.prometheusUrl);
  endings.push(() => traffic.close());

  sandbox.state.create(ALERT_PROVIDERS, teamChat(receiver.url));
  sandbox.state.create(DEPLOYMENTS, checkoutDeployment(V1));
  sandbox.state.create(CANARIES, checkoutCanary());
  const drawing = setInterval(() => story.draw(sandbox.state, traffic), 200);
  endings.push(() => clearInterval(drawing));

  await story.chapter('A Canary adopts the checkout of a small shop', sandbox, 'Initialized');
  const load = sandbox.startLoad(shoppers());
  story.tell(`${REQUESTS_PER_SECOND} requests a second arrive`);
  release(sandbox.state, V2);
  await story.chapter('Rollout 1 of 2: v2, a healthy version', sandbox, 'Succeeded');
  release(sandbox.state, V3);
  await story.chapter('Rollout 2 of 2: v3 fails for some of its users', sandbox, 'Failed');
  await story.lastMessage();
  story.draw(sandbox.state, traffic);
  return summary(screen, sandbox.state, load);
}

const CANARIES = { group: 'linnet.dev', version: 'v1beta1', resource: 'canaries' };
const ALERT_PROVIDERS = { group: 'linnet.dev', version: 'v1beta1', resource: 'alertproviders' };
const DEPLOYMENTS = { group: 'apps', version: 'v1', resource: 'deployments' };

function shoppers() {
  return {
    authority: `${CHECKOUT.name}.${CHECKOUT.namespace}`,
    requestsPerSecond: REQUESTS_PER_SECOND,
    caller: sidecarOf('storefront', CHECKOUT.namespace),
    users: USERS,
  };
}

/** What a deployment pipeline does: a new pod template, and nothing else. */
function release(state: ClusterState, version: Version): void {
  const live = state.get(DEPLOYMENTS, CHECKOUT.namespace, CHECKOUT.name);
  if (live === undefined) throw new Error('the checkout Deployment is gone');
  const changed = structuredClone(live) as KubeObject & { spec: { template: unknown } };
  changed.spec.template = podTemplate(version);
  state.replace(DEPLOYMENTS, changed);
}

/** Follows the Canary through the chapters of the demo, and keeps what is shown of it. */
class Story {
  private readonly startedAt = performance.now();
  private readonly screen: Screen;
  private readonly signal: AbortSignal;
  private readonly happened: Line[] = [];
  private readonly messages: Line[] = [];
  private title = '';
  private heard: () => void = () => {};

  constructor(screen: Screen, signal: AbortSignal) {
    this.screen = screen;
    this.signal = signal;
  }

  /** Resolves when the Canary reaches `end`; rejects when it ends otherwise, or takes too long. */
  async chapter(title: string, { state }: Sandbox, end: Phase): Promise<void> {
    this.title = title;
    this.tell(title);
    const before = statusOf(state);
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${title}: ${why}`));
      const timer = setTimeout(() => fail(`no end within ${CHAPTER_MS / 1000} s`), CHAPTER_MS);
      this.signal.addEventListener('abort', () => fail('interrupted'), { once: true });
      const leave = state.subscribe(CANARIES, ({ object }) => {
        const status = object['status'] as CanaryStatus | undefined;
        if (status === undefined || status.lastTransitionTime === before?.lastTransitionTime)
          return;
        this.note(status);
        if (status.phase === end) resolve();
        else if (status.phase === 'Succeeded' || status.phase === 'Failed')
          fail(status.verdict ?? status.phase);
      });
      this.signal.addEventListener('abort', leave, { once: true });
      this.leave = () => {
        clearTimeout(timer);
        leave();
      };
    }).finally(() => this.leave());
  }

  private leave: () => void = () => {};

  /** The last message is told after the end is stored: a moment later. */
  async lastMessage(): Promise<void> {
    const isTold = () => this.messages.some(({ text }) => text.includes('rolled back'));
    if (isTold()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 5000);
      this.heard = () => {
        if (!isTold()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  hear(text: string): void {
    this.messages.push({ seconds: this.seconds, text });
    this.heard();
  }

  tell(text: string, tone: Line['tone'] = 'plain'): void {
    this.happened.push({ seconds: this.seconds, text, tone });
  }

  draw(state: ClusterState, traffic: TrafficWatch): void {
    const frame: Frame = {
      seconds: this.seconds,
      title: this.title,
      status: statusOf(state),
      versions: [row(state, traffic, 'primary'), row(state, traffic, 'canary')],
      story: this.happened,
      messages: this.messages,
    };
    this.screen.show(frame);
  }

  private note({ phase, stage, canaryWeight, verdict = '' }: CanaryStatus): void {
    const text = noteworthy(phase, stage, canaryWeight, verdict);
    if (text === undefined || this.happened.at(-1)?.text === text) return;
    const isBad = /^(FAIL|ROLLBACK)/.test(verdict);
    this.tell(text, phase === 'Succeeded' ? 'good' : isBad ? 'bad' : 'plain');
  }

  private get seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}

const CHAPTER_MS = 120_000;

function noteworthy(
  phase: Phase,
  stage: string | undefined,
  weight: number,
  verdict: string,
): string | undefined {
  if (phase === 'Progressing' && stage === 'scale-up')
    return 'the canary is scaled up, without traffic';
  if (phase === 'Progressing' && verdict.startsWith('FAIL')) return verdict;
  if (phase === 'Progressing' && stage === 'analyse')
    return `${weight} % of the traffic goes to the canary`;
  if (phase === 'Promoting' && stage === 'copy')
    return 'every check passed: the primary gets the new version';
  if (phase === 'Finalising' && stage === 'reset') return verdict;
  if (phase === 'Finalising' && stage === 'drain')
    return 'all traffic is back with the primary; requests end';
  if (phase === 'Succeeded') return 'promoted';
  if (phase === 'Failed') return 'taken back: nobody meets v3 any more';
  return phase === 'Initialized' ? 'adopted: the primary serves' : undefined;
}

function statusOf(state: ClusterState): CanaryStatus | undefined {
  const canary = state.get(CANARIES, CHECKOUT.namespace, CHECKOUT.name);
  return canary?.['status'] as CanaryStatus | undefined;
}

interface DeploymentView {
  spec: { template: { metadata: { labels: Record<string, string> } } };
  status?: { readyReplicas?: number };
}

function row(state: ClusterState, traffic: TrafficWatch, role: VersionRow['role']): VersionRow {
  const workload = role === 'primary' ? `${CHECKOUT.name}-primary` : CHECKOUT.name;
  const object = state.get(DEPLOYMENTS, CHECKOUT.namespace, workload);
  const view = object as unknown as DeploymentView | undefined;
  const weight = statusOf(state)?.canaryWeight ?? 0;
  const seen = traffic.of(workload);
  return {
    role,
    version: view?.spec.template.metadata.labels['version'] ?? '',
    weight: role === 'primary' ? 100 - weight : weight,
    pods: view?.status?.readyReplicas ?? 0,
    requestsPerSecond: seen?.requestsPerSecond,
    errorShare: seen?.errorShare,
  };
}

/** Whether it ended as it should, in figures: the primary runs v2, and few requests met v3. */
function summary(screen: Screen, state: ClusterState, load: Load): number {
  const primary = state.get(DEPLOYMENTS, CHECKOUT.namespace, `${CHECKOUT.name}-primary`);
  const runs = (primary as unknown as DeploymentView).spec.template.metadata.labels['version'];
  const outcomes = statusOf(state)
    ?.history?.map(({ outcome }) => outcome)
    .join(', ');
  const isRight = runs === V2.name && outcomes === 'promoted, failed';
  screen.say('');
  screen.say(
    isRight
      ? pc.green(`✓ v2 was promoted, v3 was taken back. ${failures(load)}`)
      : pc.red(
          `✗ The primary runs ${runs}; the rollouts ended ${outcomes}. That is not as it should be.`,
        ),
  );
  return isRight ? 0 : 1;
}

/** How many requests failed, and whose they were. */
function failures(load: Load): string {
  const counts = load.counts();
  const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
  const total = sum(counts.map(({ requests }) => requests));
  const failed = sum(counts.map(({ failed }) => failed));
  const byVersion = counts
    .filter(({ failed }) => failed > 0)
    .map(({ version, failed }) => `${failed} in ${version}`);
  const whose = failed === 0 ? '' : `: ${byVersion.join(', ')}`;
  return `${failed} of ${total} requests failed${whose}.`;
}
