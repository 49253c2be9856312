import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FakePrometheus,
  fakePrometheus,
  vector,
} from '../../../test/builders/fake-prometheus.ts';
import { type ClientOptions, createClient } from './client.ts';

describe('over TLS', () => {
  let secure: FakePrometheus;
  beforeAll(async () => {
    const [key, cert] = [path.join(folder, 'key'), path.join(folder, 'cert')];
    const subject = ['-subj', '/CN=prometheus', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const files = ['-keyout', key, '-out', cert, '-days', '2'];
    execFileSync('openssl', ['req', ...kind, ...subject, ...files], { stdio: 'ignore' });
    const pem = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    secure = await fakePrometheus(vector(['1']), pem);
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
    ['is signed by the given authority', () => ({ ca: readFileSync(`${folder}/cert`, 'utf8') })],
    ['need not be checked', () => ({ insecureSkipVerify: true })],
  ])('accepts one that %s', async (_name, options) => {
    expect((await query(options())).data.result).toHaveLength(1);
  });
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-prometheus-tls-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
