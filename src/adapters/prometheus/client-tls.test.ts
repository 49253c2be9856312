import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FakePrometheus,
  fakePrometheus,
  vector,
} from '../../../test/builders/fake-prometheus.ts';
import { SELF_SIGNED } from '../../../test/builders/self-signed.ts';
import { type ClientOptions, createClient } from './client.ts';

describe('over TLS', () => {
  let secure: FakePrometheus;
  beforeAll(async () => {
    secure = await fakePrometheus(vector(['1']), SELF_SIGNED);
  });
  afterAll(() => secure.close());

  async function query(options: Partial<ClientOptions>) {
    const client = createClient({ url: secure.url, ...options });
    try {
      return await client.query('up');
    } finally {
      client.close();
    }
  }

  it('refuses a certificate that nobody vouches for', async () => {
    await expect(query({})).rejects.toMatchObject({
      kind: 'network',
      outage: true,
      message: expect.stringMatching(/cannot be reached: .*self-signed certificate/),
    });
    expect(secure.asked).toEqual([]);
  });

  it.each([
    ['is signed by the given authority', { ca: SELF_SIGNED.cert }],
    ['need not be checked', { insecureSkipVerify: true }],
  ])('accepts one that %s', async (_name, options) => {
    expect((await query(options)).data.result).toHaveLength(1);
  });
});
