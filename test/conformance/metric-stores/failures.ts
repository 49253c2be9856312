import { describe, expect, it } from 'vitest';
import { saying, type StoreBehaviour } from '../../builders/fake-store.ts';
import { ADDRESS, PROVIDER, QUERY, SECRET, StoreBench, whyOf } from './bench.ts';
import type { StoreCase } from './store-case.ts';

/** A store that does not answer, or that something else answers for, is a sentence of its own. */
export function itSaysWhatFailed(store: StoreCase): void {
  const bench = new StoreBench(store);

  describe('does not answer the query', () => {
    const refused: [string, number, () => string, boolean][] = [
      [
        'because it is wrong',
        400,
        () => `${QUERY}: ${bench.at} refused the query with 400: `,
        false,
      ],
      [
        'for want of rights',
        403,
        () => `${SECRET}: ${bench.at} refused the credentials with 403: `,
        true,
      ],
      [
        'for want of credentials',
        401,
        () => `${SECRET}: ${bench.at} refused the credentials with 401: `,
        true,
      ],
      [
        'being asked too often',
        429,
        () => `${PROVIDER}: ${bench.at} takes no more requests for now (429): `,
        true,
      ],
      ['being broken', 500, () => `${PROVIDER}: ${bench.at} answered 500: `, true],
      ['being away', 503, () => `${PROVIDER}: ${bench.at} answered 503: `, true],
      ['at this path', 404, () => `${ADDRESS}: ${bench.at} answered 404: `, true],
    ];
    it.each(refused)('%s', async (_why, status, beginning, outage) => {
      const measured = await bench.answering(store.refusal(status, 'no such thing'));
      expect(measured).toMatchObject({ kind: 'error', outage });
      expect(whyOf(measured).slice(0, beginning().length)).toBe(beginning());
      expect(whyOf(measured)).toContain('no such thing');
    });

    const broken: [string, StoreBehaviour, () => string][] = [
      [
        'a page of HTML',
        saying('<html>Sign in</html>'),
        () => `${PROVIDER}: ${bench.at} answered with something that is none of its answers`,
      ],
      [
        'other JSON',
        saying('{"seri'),
        () => `${PROVIDER}: ${bench.at} answered with something that is none of its answers`,
      ],
      [
        'a page of HTML that says it is away',
        saying('<html>Bad gateway</html>', 502),
        () => `${PROVIDER}: ${bench.at} answered 502`,
      ],
      [
        'a redirect',
        (_asked, response) =>
          response.writeHead(302, { location: 'http://elsewhere.example/' }).end(),
        () =>
          `${ADDRESS}: ${bench.at} answered 302, a redirect, which is not followed: name the address that it leads to`,
      ],
      [
        'too much',
        saying('x'.repeat(2 ** 20 + 1)),
        () => `${PROVIDER}: ${bench.at} answered with more than 1 MiB`,
      ],
      [
        'a cut connection',
        (_asked, response) => response.destroy(),
        () => `${PROVIDER}: ${bench.at} cannot be reached: the connection was cut in the middle`,
      ],
      [
        'half a body',
        (_asked, response) => {
          response.writeHead(200, { 'content-length': '400' });
          response.write('{"', () => response.destroy());
        },
        () => `${PROVIDER}: ${bench.at} cannot be reached: the connection was cut in the middle`,
      ],
    ];
    it.each(broken)('but with %s', async (_what, answer, sentence) => {
      expect(await bench.answering(answer)).toEqual({
        kind: 'error',
        why: sentence(),
        outage: true,
      });
    });

    it('at all, in time', async () => {
      const options = { timeoutMs: 200 };
      expect(await bench.answering(() => {}, { options })).toEqual({
        kind: 'error',
        why: `${PROVIDER}: ${bench.at} did not answer within 0.2 s`,
        outage: true,
      });
    });

    it('as nobody listens', async () => {
      const { url } = bench.fake;
      await bench.fake.close();
      const measured = await bench.measure({ provider: { address: url } });
      expect(measured).toMatchObject({ kind: 'error', outage: true });
      expect(whyOf(measured)).toMatch(/cannot be reached: the connection was refused$/);
    });

    it.each(store.inPart ?? [])('but with %s', async (_what, answer, sentence) => {
      const measured = await bench.answering(answer);
      expect(measured.kind).toBe('error');
      expect(whyOf(measured)).toMatch(sentence);
    });
  });
}
