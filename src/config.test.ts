import { describe, expect, it } from 'vitest';
import { ALLOWED_HOSTS_SHAPE } from './allowed-hosts.ts';
import { MESH_LABELS_SHAPE, MESH_REPORTERS_SHAPE } from './mesh-names.ts';
import { ISTIO_SERIES } from './ports/mesh-series.ts';
import { readConfig } from './config.ts';
import { SETTINGS, variableOf } from './settings.ts';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({}, {})).toMatchObject({
      prometheus: 'http://prometheus.istio-system:9090',
      redis: undefined,
      port: 8080,
      drainMs: 30_000,
      crossNamespaceRefs: true,
      logFormat: 'json',
    });
  });

  it('prefers a flag to the environment, and takes an empty variable as unset', () => {
    const env = { LINNET_PORT: '9000', LINNET_DRAIN: '', LINNET_REDIS_URL: 'redis://r:6379' };
    const config = readConfig({ port: '7000' }, env);
    expect(config).toMatchObject({ port: 7000, drainMs: 30_000, redis: { url: 'redis://r:6379' } });
  });

  it.each([
    ['port', '70000', 'a port from 0 to 65535'],
    ['drain', '30', 'a duration such as 30s'],
    ['sweep-interval', '0s', 'a duration of at least 1s'],
    ['prometheus', 'prometheus:9090', 'a URL that begins with http:// or https://'],
    ['metric-prefix', 'istio-', 'a metric name such as istio or federated:istio'],
    ['metric-labels', 'workload=destination_workload', MESH_LABELS_SHAPE],
    ['metric-labels', 'reporter=response_code', MESH_LABELS_SHAPE],
    ['metric-labels', 'reporter=a,reporter=b', MESH_LABELS_SHAPE],
    ['metric-reporters', 'destination,source', MESH_REPORTERS_SHAPE],
    ['metric-reporters', '', MESH_REPORTERS_SHAPE],
    ['log-level', 'loud', 'one of trace, debug, info, warn, error, silent'],
    ['cluster-domain', 'no domain', 'a DNS domain such as cluster.local'],
    ['allowed-hosts', 'http://a', ALLOWED_HOSTS_SHAPE],
    ['selector', 'shard of (a)', 'a label selector such as shard=a or shard in (a, b)'],
  ] as const)('refuses --%s %s', (name, text, allowed) => {
    const sentence = `--${name} (${variableOf(name)}): found '${text}', allowed is ${allowed}`;
    expect(() => readConfig({ [name]: text }, {})).toThrow(sentence);
  });

  it('shows no password of a URL that is none', () => {
    const refusal = () => readConfig({ prometheus: 'htp://me:pa/55@word@prometheus:9090' }, {});
    expect(refusal).toThrow(`found '***@prometheus:9090', allowed is a URL`);
    expect(refusal).not.toThrow('55');
  });

  it('reads the hosts that may be called', () => {
    expect(readConfig({}, {}).allowedHosts).toBeUndefined();
    expect(readConfig({ 'allowed-hosts': '*.a.b, ::1' }, {}).allowedHosts).toEqual({
      names: ['*.a.b'],
      ranges: [{ address: '::1', prefix: 128, family: 'ipv6' }],
    });
  });

  it('reads how the series of the mesh are named', () => {
    const flags = {
      'metric-prefix': 'federated:istio',
      'metric-labels': 'destination_workload=workload, reporter=seen_by',
      'metric-reporters': 'destination',
      'recorded-metrics': 'true',
    };
    expect(readConfig(flags, {}).series).toEqual({
      prefix: 'federated:istio',
      labels: new Map([
        ['destination_workload', 'workload'],
        ['reporter', 'seen_by'],
      ]),
      reporters: ['destination'],
      isRecorded: true,
    });
    expect(readConfig({}, {}).series).toEqual(ISTIO_SERIES);
    expect(readConfig({ 'metric-reporters': 'none' }, {}).series.reporters).toEqual(['']);
  });

  it('names every wrong setting at once', () => {
    expect(() => readConfig({ port: 'x', drain: 'y' }, {})).toThrow(/--port.*\n--drain/);
  });

  it('takes secrets from the environment only', () => {
    const secrets = SETTINGS.filter((setting) => 'secret' in setting).map(({ name }) => name);
    expect(secrets).toEqual(['redis-password', 'slack-url', 'slack-token']);
  });
});
