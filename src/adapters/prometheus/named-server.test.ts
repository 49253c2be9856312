import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  type FakePrometheus,
  fakePrometheus,
  vector,
} from '../../../test/builders/fake-prometheus.ts';
import { OpenedTelemetry, templated } from '../../../test/builders/telemetry.ts';
import { reachOf } from '../network/reach.ts';
import type { SweptTelemetry, TelemetryOptions } from './telemetry.ts';

/** The controller's own server, and the one that manifests name. */
let fake: FakePrometheus;
let own: FakePrometheus;

beforeEach(async () => {
  fake = await fakePrometheus(vector(['3']));
  own = await fakePrometheus(vector(['7']));
});

afterEach(() => Promise.all([fake.close(), own.close()]));

/** Closed before the servers are. */
const opened = new OpenedTelemetry();

/** Evidence by a MetricTemplate with this provider. */
function telemetry(provider: object, options: Partial<TelemetryOptions>): SweptTelemetry {
  const asked = { random: () => 0, ...templated('mine', provider), ...options };
  return opened.to({ url: fake.url }, asked);
}

const CANARY = aCanary({ analysis: { metrics: [{ name: 'mine', templateRef: { name: 'any' } }] } });

const measure = (swept: SweptTelemetry, canary = CANARY) =>
  swept.measure(canary, canary.spec.analysis.metrics[0]!, 0, Date.now());

describe('a server that a manifest names', () => {
  /** Open are addresses of documentation, one name, and whatever the table of names says. */
  const reachWith = (names: Record<string, string>) =>
    reachOf({
      allowed: { names: ['*'], ranges: [{ address: '192.0.2.0', prefix: 24, family: 'ipv4' }] },
      resolve: (host, callback) => callback(null, [{ address: names[host] ?? '', family: 4 }]),
    });

  it.each(['http://169.254.169.254', 'http://[::ffff:127.0.0.1]', 'http://rebound.example'])(
    'is not called at a closed address: %s',
    async (address) => {
      const { port } = new URL(own.url);
      const reach = reachWith({ 'rebound.example': '127.0.0.1' });
      const at = `${address}:${port}`;
      const swept = telemetry({ address: at }, { reach });
      expect(await measure(swept)).toMatchObject({
        kind: 'error',
        why: expect.stringMatching(
          /^mine: Prometheus at .* is not called: the address is .* in --allowed-hosts/,
        ) as string,
      });
      const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
      const canary = aCanary({ spec: { metricsServer: at }, analysis: { metrics } });
      const built = await measure(swept, canary);
      expect(JSON.stringify(built)).toContain('is not called: the address is');
      expect(own.asked).toEqual([]);
    },
  );

  it('is called where a range opens it, by the address that was looked at', async () => {
    const { port } = new URL(own.url);
    const reach = reachOf({
      allowed: { names: [], ranges: [{ address: '127.0.0.1', prefix: 32, family: 'ipv4' }] },
      resolve: (_host, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const swept = telemetry({ address: `http://metrics.example:${port}` }, { reach });
    expect(await measure(swept)).toEqual({ kind: 'value', value: 7 });
    expect(own.asked[0]?.headers.host).toBe(`metrics.example:${port}`);
  });

  it('gets nothing of the controller’s user and password', async () => {
    const url = fake.url.replace('//', '//house:pa55word@');
    const swept = telemetry({ headers: { 'x-tenant': ['a'] } }, { server: { url } });
    expect(await measure(swept)).toMatchObject({ kind: 'value' });
    expect(fake.asked.at(-1)?.headers).toMatchObject({ 'x-tenant': 'a' });
    expect(fake.asked.at(-1)?.headers.authorization).toBeUndefined();
  });
});
