import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { SETTINGS, variableOf } from '../../src/settings.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { CHART, objectsIn, renderChart } from './kube/chart.ts';
import { providedCluster } from './kube/provided-cluster.ts';

const cluster = providedCluster();
afterAll(() => cluster.close());

let namespace: string;
beforeAll(async () => {
  namespace = await cluster.newNamespace('chart');
  // The API server then warns of every pod template that is not as safe as it could be.
  const label = 'pod-security.kubernetes.io/warn=restricted';
  await cluster.kubectl(['label', 'namespace', namespace, label]);
});

const SHARED_REDIS = [
  'replicas=3',
  'redis.url=rediss+sentinel://a.redis:26379\\,b.redis:26379/main',
  'redis.username=linnet',
  'redis.password.existingSecret=redis',
  'redis.ca.existingConfigMap=redis-ca',
];

describe('the values that the table names', () => {
  test.each([
    { about: 'none', set: [] },
    { about: 'one namespace only', set: ['watchNamespace=default'] },
    {
      about: 'one namespace only, and no ClusterRole',
      set: ['watchNamespace=default', 'rbac.clusterRoles=false'],
    },
    {
      about: 'a fence around what Linnet reaches',
      set: [
        'networkPolicy.enabled=true',
        'networkPolicy.egress[0].ports[0].port=53',
        'networkPolicy.egress[0].ports[0].protocol=UDP',
        'networkPolicy.egress[1].to[0].ipBlock.cidr=10.0.0.0/8',
      ],
    },
    {
      about: 'hosts that may be called',
      set: ['allowedHosts={hooks.slack.com,*.example.com,10.0.0.0/8}'],
    },
    { about: 'a shared Redis by Sentinel with TLS, an ACL user and a password', set: SHARED_REDIS },
    {
      about: 'a Redis Cluster whose password the chart keeps',
      set: ['replicas=2', 'redis.url=rediss+cluster://a:6379\\,b:6379', 'redis.password.value=x'],
    },
    {
      about: 'Prometheus with a token and an authority, Slack from a Secret',
      set: [
        'prometheus.url=https://thanos.monitoring:9091',
        'prometheus.token.existingSecret=thanos',
        'prometheus.ca.existingSecret=thanos-ca',
        'slack.existingSecret=slack',
        'slack.channel=releases',
      ],
    },
    {
      about: 'everything that is off',
      set: [
        'networkPolicy.enabled=true',
        'metrics.flaggerNames=true',
        'crossNamespaceRefs=false',
        'replicas=2',
        'redis.url=redis://redis:6379',
        'podDisruptionBudget.maxUnavailable=50%',
        'commonLabels.team=platform',
        'podAnnotations.note=x',
        'priorityClassName=',
        'nodeSelector.disk=ssd',
        'tolerations[0].key=infra',
        'tolerations[0].operator=Exists',
        'imagePullSecrets[0].name=registry',
        'extraEnv[0].name=HTTPS_PROXY',
        'extraEnv[0].value=http://proxy:3128',
        'topologySpreadConstraints[0].maxSkew=1',
        'topologySpreadConstraints[0].topologyKey=zone',
        'topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule',
      ],
    },
    {
      about: 'an account of somebody else',
      set: ['serviceAccount.create=false', 'serviceAccount.name=robot', 'rbac.aggregate=false'],
    },
  ])('give manifests that the API server takes without a warning: $about', async ({ set }) => {
    const { manifests, refusal } = await renderChart(cluster, { name: 'it', namespace, set });
    expect(refusal).toBeUndefined();
    const dryRun = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
    const taken = await cluster.kubectl(dryRun, { stdin: manifests });
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(taken.stdout.trim().split('\n')).toHaveLength(objectsIn(manifests).length);
  });

  test('are taken by a strict lint', async () => {
    const linted = await cluster.helm(['lint', '--strict', CHART]);
    expect(linted).toMatchObject({ code: 0 });
  });

  test.each([
    [['replicas=3'], /replicas: found 3, allowed without redis\.url is 1: several replicas need/],
    [['replicas=many'], /'\/replicas': got string, want integer/],
    [['replica=2'], /additional properties 'replica' not allowed/],
    [['log.level=loud'], /'\/log\/level': value must be one of 'trace', 'debug'/],
    [['port=70000'], /'\/port': maximum: got 70,?000, want 65,?535/],
    [['drain=soon'], /'\/drain': 'soon' does not match pattern/],
    [['prometheus.url=prometheus:9090'], /'\/prometheus\/url': .* does not match pattern/],
    [['redis.url=http://redis'], /'\/redis\/url': .* does not match pattern/],
    [['redis.url=redis://u:p@redis'], /redis\.url: found a user or a password in it/],
    [['redis.username=me'], /redis: found username, password or ca without url/],
    [
      ['redis.url=redis://r', 'redis.ca.existingSecret=ca'],
      /redis\.ca: found an authority for a URL without TLS, allowed is one that begins with rediss/,
    ],
    [
      ['redis.url=redis://r', 'redis.password.value=a', 'redis.password.existingSecret=b'],
      /redis\.password: found both value and existingSecret, allowed is one of them/,
    ],
    [['slack.token=xoxb'], /slack\.channel: found none, a bot token needs one/],
    [['metrics.service.enabled=false', 'metrics.serviceMonitor.enabled=true'], /whose Service it/],
    [['rbac.clusterRoles=false'], /rbac\.clusterRoles: found false without watchNamespace/],
    [['allowedHosts={a b}'], /'\/allowedHosts\/0': 'a b' does not match pattern/],
    [['serviceAccount.create=false'], /serviceAccount\.name: found none while/],
  ])('are refused with a sentence: %j', async (set, sentence) => {
    const { refusal } = await renderChart(cluster, { name: 'it', namespace, set });
    expect(refusal).toMatch(sentence);
  });
});

describe('the Deployment', () => {
  test('starts as a program that takes every variable it is given', async () => {
    const hosts = 'allowedHosts={hooks.slack.com,10.0.0.0/8}';
    const { env } = await container([...SHARED_REDIS, 'crossNamespaceRefs=false', hosts]);
    const known = new Set(SETTINGS.map(({ name }) => variableOf(name)));
    expect(env.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
    const given = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    expect(readConfig({}, given)).toMatchObject({
      redis: {
        url: 'rediss+sentinel://a.redis:26379,b.redis:26379/main',
        username: 'linnet',
        caFile: '/etc/linnet/redis-ca.pem',
      },
      crossNamespaceRefs: false,
      allowedHosts: { names: ['hooks.slack.com'], ranges: [{ address: '10.0.0.0', prefix: 8 }] },
      port: 8080,
    });
  });

  test('has the same defaults as the program', async () => {
    const { env } = await container([]);
    const given = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    expect(readConfig({}, given)).toEqual(readConfig({}, {}));
  });

  test('has secrets by reference only', async () => {
    const set = ['redis.url=redis://r', 'redis.password.value=hunter2', 'slack.url=https://h/x'];
    const { manifests } = await renderChart(cluster, { name: 'it', namespace, set });
    const [secret] = objectsIn(manifests).filter(({ kind }) => kind === 'Secret');
    expect(secret?.['data']).toEqual({
      'redis-password': Buffer.from('hunter2').toString('base64'),
      'slack-url': Buffer.from('https://h/x').toString('base64'),
    });
    expect(manifests).not.toMatch(/hunter2|https:\/\/h\/x/);
    const { env } = await container(set);
    const references = env.flatMap(({ name, valueFrom }) => (valueFrom ? [[name, valueFrom]] : []));
    expect(Object.fromEntries(references)).toEqual({
      LINNET_REDIS_PASSWORD: { secretKeyRef: { name: 'it-linnet', key: 'redis-password' } },
      LINNET_SLACK_URL: { secretKeyRef: { name: 'it-linnet', key: 'slack-url' } },
    });
  });

  test('mounts every file that its variables name', async () => {
    const set = [...SHARED_REDIS, 'prometheus.token.existingSecret=thanos'];
    const { manifests } = await renderChart(cluster, { name: 'it', namespace, set });
    const { env } = await container(set);
    const files = env.filter(({ name }) => name.endsWith('_FILE')).map(({ value }) => value ?? '');
    expect(files).toHaveLength(2);
    for (const file of files) expect(manifests).toContain(`path: ${path.basename(file)}`);
  });
});

test('the chart brings the definitions of the tree', () => {
  const shipped = path.join(CHART, 'crds');
  const source = path.resolve(import.meta.dirname, '../../crds');
  const files = readdirSync(source);
  expect(readdirSync(shipped)).toEqual(files);
  for (const file of files) {
    const [ours, theirs] = [source, shipped].map((folder) => readFileSync(path.join(folder, file)));
    expect(ours).toEqual(theirs);
  }
});

interface Variable {
  name: string;
  value?: string;
  valueFrom?: unknown;
}

/** The container of the Deployment that these values give. */
async function container(set: string[]): Promise<{ env: Variable[] }> {
  const only = ['deployment.yaml'];
  const { manifests } = await renderChart(cluster, { name: 'it', namespace, set, only });
  const [deployment] = objectsIn(manifests) as (KubeObject & {
    spec: { template: { spec: { containers: { env: Variable[] }[] } } };
  })[];
  return deployment!.spec.template.spec.containers[0]!;
}
