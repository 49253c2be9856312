import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reachOf } from '../../../src/adapters/network/reach.ts';
import { hostsByDefault, parseAllowedHosts } from '../../../src/allowed-hosts.ts';
import { type FakeStore, fakeStore, type StoreBehaviour } from '../../builders/fake-store.ts';
import { SELF_SIGNED } from '../../builders/self-signed.ts';
import { leaksIn, plant } from '../../controller/planted.ts';
import { QUERY, SECRET, StoreBench, whyOf } from './bench.ts';
import type { StoreCase } from './store-case.ts';

/** Credentials, addresses and certificates of a template. */
export function itMindsItsTemplate(store: StoreCase): void {
  const bench = new StoreBench(store);

  describe('keeps its secrets', () => {
    const echo: StoreBehaviour = ({ headers, query, body }, response) => {
      const heard = `${JSON.stringify(headers)} ${query.toString()} ${body}`;
      store.refusal(503, heard)({ headers, query, body, method: '', path: '' }, response);
    };

    it('though the store repeats them', async () => {
      const measured = await bench.answering(echo, {
        provider: { headers: { 'X-Key': [plant()] } },
      });
      expect(whyOf(measured)).toMatch(/answered 503: /);
      expect(leaksIn(whyOf(measured), Object.values(bench.secret))).toEqual([]);
    });

    it('in its address too', async () => {
      const address = bench.fake.url.replace('//', `//ann:${plant()}@`);
      const measured = await bench.answering(echo, { provider: { address } });
      expect(leaksIn(whyOf(measured))).toEqual([]);
    });
  });

  describe('has a template that is not in order', () => {
    it('its Secret does not exist', async () => {
      expect(await bench.measure({ secret: undefined })).toEqual({
        kind: 'error',
        why: `${SECRET}: Secret shop/keys does not exist`,
        outage: false,
      });
      expect(bench.fake.asked).toEqual([]);
    });

    it('its Secret cannot be read', async () => {
      const options = { secret: () => Promise.reject(new Error('the API server is away')) };
      expect(await bench.measure({ options })).toEqual({
        kind: 'error',
        why: `${SECRET}: Secret shop/keys cannot be read: the API server is away`,
        outage: true,
      });
    });

    it.each(store.needed)('its Secret lacks %s', async (key) => {
      const { [key]: _, ...rest } = bench.secret;
      expect(await bench.measure({ secret: rest })).toEqual({
        kind: 'error',
        why: `${SECRET}: Secret shop/keys has ${Object.keys(rest).join(', ') || 'no key'}, needed are ${store.needed.join(' and ')}`,
        outage: false,
      });
      expect(bench.fake.asked).toEqual([]);
    });

    it('its query names what there is not', async () => {
      expect(await bench.measure({ query: `${store.query} {{ nmae }}` })).toMatchObject({
        kind: 'error',
        why: expect.stringMatching(`^${QUERY}: the query has '{{ nmae }}', known are `),
        outage: false,
      });
    });

    it('its headers cannot be sent', async () => {
      const measured = await bench.measure({ provider: { headers: { 'X-A': ['a\nHost: b'] } } });
      expect(whyOf(measured)).toBe(
        'spec.provider.headers of MetricTemplate shop/errors: found a value with a line break or a control character',
      );
    });

    it('its address is none that manifests may name', async () => {
      const reach = reachOf({ allowed: hostsByDefault(false) });
      const measured = await bench.measure({ options: { reach } });
      expect(whyOf(measured)).toContain(`is not called: the address is a loopback one`);
      expect(bench.fake.asked).toEqual([]);
    });

    /** Loopback is open, for the stores that ask who Linnet is. */
    const reachTo = (address: string) =>
      reachOf({
        allowed: parseAllowedHosts('hooks.example, 127.0.0.0/8')!,
        resolve: (_host, callback) => callback(null, [{ address, family: 4 }]),
      });

    it('its host is not in the allow list', async () => {
      const measured = await bench.answering(store.series([1]), {
        provider: { address: 'http://metrics.example' },
        options: { reach: reachTo('192.0.2.1') },
      });
      expect(whyOf(measured)).toMatch(
        /^spec\.provider\.address .* is not called: the host of the address is not among --allowed-hosts, which are hooks\.example, /,
      );
    });

    it('its host resolves to where nobody may', async () => {
      const measured = await bench.answering(store.series([1]), {
        provider: { address: 'http://rebound.example' },
        options: { reach: reachTo('169.254.169.254') },
      });
      expect(whyOf(measured)).toMatch(/is not called: the address is a link-local one/);
    });
  });

  describe('over TLS', () => {
    let secure: FakeStore;
    beforeEach(async () => {
      secure = await fakeStore(store.series([0.5]), SELF_SIGNED);
    });
    afterEach(() => secure.close());

    it('is not believed without a certificate, unless the template says so', async () => {
      const believed = { address: secure.url, insecureSkipVerify: true };
      bench.fake.answer = (asked, response) => void store.identity?.(asked, response);
      expect(await bench.measure({ provider: believed })).toEqual({ kind: 'value', value: 0.5 });
      const measured = await bench.measure({ provider: { address: secure.url } });
      expect(whyOf(measured)).toMatch(
        /cannot be reached: its certificate is signed by nobody who is trusted$/,
      );
      expect(secure.asked).toHaveLength(1);
    });
  });
}
