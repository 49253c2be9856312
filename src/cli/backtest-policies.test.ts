import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readPolicies } from './backtest-policies.ts';
import { versionsOf } from './backtest-versions.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'linnet-backtest-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function fileOf(...documents: unknown[]): Promise<string> {
  const file = path.join(folder, `${(files += 1)}.yaml`);
  const texts = documents.map((one) => (typeof one === 'string' ? one : stringify(one)));
  await writeFile(file, texts.join('---\n'));
  return file;
}

function manifest(name: string, more: { group?: string; spec?: object; metadata?: object } = {}) {
  return {
    apiVersion: `${more.group ?? 'linnet.dev'}/v1beta1`,
    kind: 'Canary',
    metadata: { name, ...more.metadata },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80 },
      analysis: { stepWeight: 10 },
      ...more.spec,
    },
  };
}
function templateOf(group: string, name = 'mine', provider: object = { type: 'prometheus' }) {
  const spec = { provider, query: 'x' };
  return { apiVersion: `${group}/v1beta1`, kind: 'MetricTemplate', metadata: { name }, spec };
}
const FLAGGERS = { group: 'flagger.app' };
const SHARP = { spec: { analysis: { stepWeights: [50] } } };

const namesOf = async (...given: Parameters<typeof readPolicies>) =>
  (await readPolicies(...given)).map(({ workload, policies }) => [
    `${workload.namespace}/${workload.name}`,
    policies.map(({ name, rules, canary }) => [
      name,
      rules,
      canary.spec.targetRef.name,
      canary.spec.analysis.stepWeights?.[0] ?? canary.spec.analysis.stepWeight,
    ]),
  ]);

describe('versions side by side', () => {
  const AS_VERSIONS = {
    spec: {
      targetRef: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'web' },
      service: undefined,
      version: { subset: 'v2' },
    },
  };

  it('are each tried beside the others, and need no primary', async () => {
    const read = await readPolicies(
      [await fileOf(manifest('web', AS_VERSIONS))],
      undefined,
      'shop',
      true,
    );
    const found = versionsOf(read, 'web-v1, web-v2,web-v3');
    expect(found.map(({ workload, versions }) => [workload.name, versions])).toEqual([
      ['web-v1', { canary: ['web-v1'], primary: ['web-v2', 'web-v3'] }],
      ['web-v2', { canary: ['web-v2'], primary: ['web-v1', 'web-v3'] }],
      ['web-v3', { canary: ['web-v3'], primary: ['web-v1', 'web-v2'] }],
    ]);
    const targets = found.map(({ policies }) => policies[0]?.canary.spec.targetRef.name);
    expect(targets).toEqual(['web-v1', 'web-v2', 'web-v3']);
  });

  it.each([
    ['web-v1', /found 'web-v1', allowed are two workloads or more/],
    ['web-v1,web-v1', /allowed are two workloads/],
    ['web-v1,Web V2', /allowed are two workloads/],
  ])('are refused as %s', async (list, sentence) => {
    const read = await readPolicies([await fileOf(manifest('web'))], undefined, 'shop', true);
    expect(() => versionsOf(read, list)).toThrow(sentence);
  });

  it('are those of one Canary', async () => {
    const files = [await fileOf(manifest('a'), manifest('b'))];
    const read = await readPolicies(files, undefined, 'shop', true);
    expect(() => versionsOf(read, 'a,b')).toThrow(/found 2 Canaries in -f, allowed is one/);
  });

  it('must be named where the target is a VirtualService', async () => {
    const file = await fileOf(manifest('web', AS_VERSIONS));
    await expect(readPolicies([file], undefined, 'shop')).rejects.toThrow(/or --versions with/);
  });
});

describe('policies', () => {
  it('are one for a Canary of Linnet’s and two for one of Flagger’s', async () => {
    const file = await fileOf(manifest('a'), { kind: 'Service' }, manifest('b', FLAGGERS));
    expect(await namesOf([file], undefined, 'shop')).toEqual([
      ['shop/a', [['Linnet', 'linnet', 'a', 10]]],
      [
        'shop/b',
        [
          ['Flagger', 'flagger', 'b', 10],
          ['Linnet', 'linnet', 'b', 10],
        ],
      ],
    ]);
  });

  it('keep the namespace that a manifest names', async () => {
    const file = await fileOf(manifest('a', { metadata: { namespace: 'mine' } }));
    expect((await namesOf([file], undefined, 'shop'))[0]?.[0]).toBe('mine/a');
  });

  const BEFORE = expect.arrayContaining(['Linnet', 'linnet']);

  it('stand beside one other, which is for all, or that for the same target', async () => {
    const [first, second] = [await fileOf(manifest('a')), await fileOf(manifest('b'))];
    const one = await fileOf(manifest('any', SHARP));
    const own = await fileOf(manifest('b', SHARP), manifest('a', FLAGGERS));
    expect(await namesOf([first, second], one, 'shop')).toMatchObject([
      ['shop/a', [BEFORE, ['Linnet (--against)', 'linnet', 'a', 50]]],
      ['shop/b', [BEFORE, ['Linnet (--against)', 'linnet', 'b', 50]]],
    ]);
    expect(await namesOf([first, second], own, 'shop')).toMatchObject([
      [
        'shop/a',
        [
          BEFORE,
          ['Flagger (--against)', 'flagger', 'a', 10],
          ['Linnet (--against)', 'linnet', 'a', 10],
        ],
      ],
      ['shop/b', [BEFORE, ['Linnet (--against)', 'linnet', 'b', 50]]],
    ]);
  });

  it('come with the templates of all files, Flagger’s too', async () => {
    const files = [
      await fileOf(manifest('a'), templateOf('linnet.dev')),
      await fileOf(templateOf('flagger.app', 'b'), manifest('b')),
    ];
    const [first, second] = await readPolicies(files, undefined, 'shop');
    expect(first?.templates).toBe(second?.templates);
    expect(
      first?.templates.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ).toEqual(['shop/mine', 'shop/b']);
  });

  it.each<[string, unknown[], RegExp]>([
    [
      'a template that is wrong',
      [manifest('a'), templateOf('linnet.dev', 'mine', { type: 'soothsayer' })],
      /MetricTemplate 'mine': spec\.provider\.type: found 'soothsayer'/,
    ],
    ['no Canary', [{ kind: 'Service' }], /found no Canary of linnet\.dev\/v1beta1 or flagger\.app/],
    ['an empty file', [''], /found no Canary/],
    ['no YAML', ['a: [\n'], /is no YAML/],
    [
      'a wrong field',
      [manifest('a', { spec: { analysis: { stepWeight: 0 } } })],
      /Canary 'a': spec\.analysis\.stepWeight: found 0, allowed is/,
    ],
    ['the same twice', [manifest('a'), manifest('a')], /^-f: found two Canaries for shop\/a/],
    [
      'no mesh',
      [manifest('a', { spec: { provider: 'kubernetes' } })],
      /found provider 'kubernetes', allowed is a mesh/,
    ],
  ])('are refused with a sentence: %s', async (_, documents, sentence) => {
    const file = await fileOf(...documents);
    await expect(readPolicies([file], undefined, 'shop')).rejects.toThrow(sentence);
  });

  it('are refused where a file is not there, or --against has none for a target', async () => {
    const [file, others] = [
      await fileOf(manifest('a')),
      await fileOf(manifest('b'), manifest('c')),
    ];
    const nowhere = path.join(folder, 'nowhere.yaml');
    await expect(readPolicies([nowhere], undefined, 'shop')).rejects.toThrow(
      /nowhere\.yaml cannot be read: /,
    );
    await expect(readPolicies([file], others, 'shop')).rejects.toThrow(
      /found no Canary for shop\/a, allowed is one/,
    );
  });
});
