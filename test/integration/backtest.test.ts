import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Backtest, RolloutCase, WorkloadCase } from '../../src/backtest/backtest.ts';
import { holdScratchFolder } from '../../src/sandbox/scratch-folder.ts';
import { type PastPrometheus, pastPrometheus } from '../builders/past-prometheus.ts';
import { at, CART, END, HISTORY, MINUTE_MS, START, WEIGHTS } from '../builders/store-of-hours.ts';

let folder: Awaited<ReturnType<typeof holdScratchFolder>>;
let past: PastPrometheus;

beforeAll(async () => {
  folder = await holdScratchFolder('backtest');
  past = await pastPrometheus(HISTORY);
  past.now = END + MINUTE_MS;
});
afterAll(async () => {
  await past.close();
  await folder.stop();
});

async function fileOf(group: string, names: readonly string[], analysis: object = {}) {
  const manifests = names.map((name) =>
    stringify({
      apiVersion: `${group}/v1beta1`,
      kind: 'Canary',
      metadata: { name, namespace: 'shop' },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        service: { port: 80 },
        analysis: {
          interval: '1m',
          threshold: 3,
          stepWeight: 10,
          maxWeight: 50,
          metrics: [
            { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '1m' },
            { name: 'request-duration', thresholdRange: { max: 500 }, interval: '1m' },
          ],
          ...analysis,
        },
      },
    }),
  );
  const file = path.join(
    folder.path,
    `${group}-${names.join('-')}-${Object.keys(analysis).join('-')}.yaml`,
  );
  await writeFile(file, manifests.join('---\n'));
  return file;
}

const COMMAND = ['--import', 'tsx', path.resolve(import.meta.dirname, '../../src/main.ts')];

/** The command as people run it. */
async function linnet(...given: readonly string[]) {
  const options = ['--prometheus', past.url, '--from', iso(START), '--to', iso(END)];
  const { LINNET_PROMETHEUS: _, ...env } = process.env;
  const asked = [...COMMAND, 'backtest', ...options, ...given];
  const run = promisify(execFile)(process.execPath, asked, { env, maxBuffer: 2 ** 26 });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  );
}

async function told(...given: readonly string[]): Promise<Backtest> {
  const { code, stdout, stderr } = await linnet(...given, '--output', 'json');
  expect(
    stderr
      .split('\n')
      .filter((line) => !/ read: /.test(line))
      .join(''),
  ).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Backtest;
}

const iso = (ms: number) => new Date(ms).toISOString();

function workload({ workloads }: Backtest, name: string): WorkloadCase {
  return workloads.find((one) => one.workload.name === name)!;
}

/** Minutes after `START`, rounded, and what each policy says. */
const shown = ({ from, verdicts }: RolloutCase) => [
  Math.round((Date.parse(from) - START) / MINUTE_MS),
  ...verdicts.map(({ outcome, by }) => `${outcome} by ${by}`),
];

describe('a Flagger Canary, unchanged', () => {
  let cart: WorkloadCase;
  let all: Backtest;
  beforeAll(async () => {
    all = await told('-f', await fileOf('flagger.app', ['cart', 'search']));
    cart = workload(all, 'cart');
  });

  it('has every version change, and both verdicts on each', () => {
    expect(cart.policies).toEqual(['Flagger', 'Linnet']);
    expect(cart.rollouts.map(shown)).toEqual([
      [CART.healthy, 'promote by checks', 'promote by checks'],
      [CART['five in a hundred'], 'rollback by checks', 'rollback by guard'],
      [CART.total, 'rollback by checks', 'rollback by guard'],
      [CART.outage, 'rollback by checks', 'promote by checks'],
      [CART.slow, 'promote by checks', 'rollback by guard'],
      [CART['healthy again'], 'promote by checks', 'promote by checks'],
      [CART['right after it'], 'promote by checks', 'promote by checks'],
    ]);
    expect(workload(all, 'search').rollouts.map(shown)).toEqual([
      [30, 'promote by checks', 'promote by checks'],
    ]);
  });

  it('is taken back soon after the fault, and before most of it', () => {
    const [, errors, total, , slow] = cart.rollouts.map(({ verdicts }) => verdicts[1]!);
    expect(errors!.afterSeconds).toBeLessThanOrEqual(120);
    expect(errors!.failedUntil).toBeLessThan(30);
    expect(errors!.failedAfter).toBeGreaterThan(300);
    expect(total!.afterSeconds).toBeLessThanOrEqual(60);
    expect(total!.failedAfter).toBeGreaterThan(500);
    expect(slow!.why).toMatch(/of canary requests slower than 100 ms/);
  });

  it('is no worse than its primary where an outage strikes both: a false alarm of Flagger’s alone', () => {
    const alarms = cart.rollouts.flatMap((rollout) =>
      rollout.verdicts.filter(({ likely }) => likely !== undefined),
    );
    expect(alarms).toMatchObject([{ policy: 'Flagger', likely: 'likely-false-alarm' }]);
    expect(alarms[0]).toBe(cart.rollouts[3]!.verdicts[0]);
  });

  it('has the requests that there were, pods that come and go or not', () => {
    const { steps, canary, primary } = cart.rollouts[0]!;
    for (const [i, { weight }] of steps.entries())
      expect(Math.abs(weight - WEIGHTS[i]!)).toBeLessThanOrEqual(3);
    // 50 a second for ten minutes and the scrape in which the last of them are seen, 30 % of them.
    expect(canary.requests).toBeGreaterThan(8500);
    expect(canary.requests).toBeLessThan(9500);
    expect(canary.requests + primary.requests).toBeGreaterThan(29_000);
    expect(canary.requests + primary.requests).toBeLessThan(32_000);
  });

  it('is compared with another policy, as text', async () => {
    const against = await fileOf('linnet.dev', ['cart'], {
      threshold: 1,
      guard: { enabled: false },
    });
    const file = await fileOf('flagger.app', ['cart']);
    const { code, stdout } = await linnet('-f', file, '--against', against);
    expect(code).toBe(0);
    expect(stdout).toContain('shop/cart  7 rollouts');
    const rows = stdout.split('In all')[1]!.split('\n').slice(1, 5);
    expect(rows.map((row) => row.trim().split(/ {2,}/).slice(0, 5))).toEqual([
      ['POLICY', 'ROLLOUTS', 'ROLLBACKS', 'PROMOTIONS', 'HOLDS'],
      ['Flagger', '7', '3', '4', '0'],
      ['Linnet', '7', '3', '4', '0'],
      ['Linnet (--against)', '7', '3', '4', '0'],
    ]);
  });
});

describe('other exporters', () => {
  it('may have counters alone, and few labels', async () => {
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '1m' }];
    const { workloads } = await told(
      '-f',
      await fileOf('linnet.dev', ['bare', 'holes'], { metrics }),
    );
    const [bare, holes] = workloads;
    expect(bare!.rollouts.map(shown)).toEqual([[60, 'rollback by guard']]);
    expect(holes!.rollouts.map(shown)).toEqual([
      [60, 'rollback by guard'],
      [120, 'promote by checks'],
    ]);
    expect(holes!.rollouts[1]!.ends).toBe('gap');
    expect(holes!.notes).toContainEqual(
      expect.stringMatching(/samples of both versions are missing/),
    );
  });

  it.each([
    ['called', ['--metric-reporters', 'source'], /is reported by "source" only/],
    ['nameless', ['--metric-reporters', 'none'], /has no label reporter/],
    [
      'absent',
      undefined,
      /no sample of absent or absent-primary in namespace shop .* it has some of shop\//,
    ],
  ])('are told of, and read when they are named: %s', async (name, options, sentence) => {
    const file = await fileOf('linnet.dev', [name]);
    const [untold] = (await told('-f', file)).workloads;
    expect(untold!.rollouts).toEqual([]);
    expect(untold!.notes).toContainEqual(expect.stringMatching(sentence));
    if (options === undefined) return;
    const [found] = (await told('-f', file, ...options)).workloads;
    expect(found!.rollouts.map(shown)).toEqual([[60, 'rollback by guard']]);
  });

  it('may begin in the middle of a rollout: what they had counted before is nobody’s', async () => {
    const [found] = (await told('-f', await fileOf('linnet.dev', ['begun']))).workloads;
    const [rollout, ...more] = found!.rollouts;
    expect(more).toEqual([]);
    expect(rollout!.begins).toBe('before');
    expect(rollout!.canary.requests).toBeLessThan(9000);
    expect(rollout!.verdicts[0]!.outcome).toBe('promote');
    expect(found!.notes).toContainEqual(expect.stringMatching(/had begun when its samples begin/));
  });

  it('may have a workload for each version', async () => {
    const file = await fileOf('linnet.dev', ['web']);
    const [one] = (await told('-f', file)).workloads;
    expect(one!.notes).toContainEqual(expect.stringMatching(/--versions web-v1,web-v2/));
    const { workloads } = await told('-f', file, '--versions', 'web-v1,web-v2');
    const [v1, v2] = workloads;
    expect(v2!.rollouts.map(shown)).toEqual([[60, 'promote by checks']]);
    expect(v1!.rollouts.map(shown)).toEqual([[100, 'promote by checks']]);
  });
});

describe('the command', () => {
  it('takes times in any zone, and so long ago', async () => {
    const local = (ms: number) => `${iso(ms + 330 * MINUTE_MS).slice(0, 19)}+05:30`;
    const span = ['--from', local(START), '--to', local(at(60))];
    const [cart] = (await told('-f', await fileOf('linnet.dev', ['cart']), ...span)).workloads;
    expect(cart!.rollouts.map(shown)).toEqual([
      [CART.healthy, 'promote by checks'],
      [CART['five in a hundred'], 'rollback by guard'],
    ]);
  });

  it.each([
    [
      'a server that is not there',
      ['--prometheus', 'http://127.0.0.1:1'],
      /^The history could not be read: Prometheus at http:\/\/127\.0\.0\.1:1\/? /,
    ],
    ['no URL', ['--prometheus', 'prometheus:9090'], /found 'prometheus:9090', allowed is /],
    ['no file', ['-f', 'absent.yaml'], /absent\.yaml cannot be read/],
    ['no time', ['--from', 'yesterday'], /^--from: found 'yesterday', allowed is a time such as/],
  ])('says in one sentence that it was given %s', async (_, options, sentence) => {
    const { code, stdout, stderr } = await linnet(
      '-f',
      await fileOf('linnet.dev', ['cart']),
      ...options,
    );
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(sentence);
  });
});
