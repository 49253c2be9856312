import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectionFrom } from './kubeconfig.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linnet-kubeconfig-'));
  file = join(folder, 'config');
  vi.stubEnv('KUBECONFIG', file);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function write(user: object, cluster: object = { server: 'http://10.0.0.1:8001/k8s/' }): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(file, JSON.stringify(config));
}

/** An exec plugin that prints what the file `printed` holds, and counts its runs. */
function writePlugin(): string {
  const plugin = join(folder, 'plugin');
  writeFileSync(plugin, `#!/bin/sh\necho run >> ${folder}/runs\ncat ${folder}/printed\n`);
  chmodSync(plugin, 0o700);
  return plugin;
}

function print(credential: string): void {
  writeFileSync(join(folder, 'printed'), credential);
}

const later = (ms: number) => vi.spyOn(performance, 'now').mockReturnValue(performance.now() + ms);

describe('a kubeconfig', () => {
  it('says where the server is and whose namespace', () => {
    write({ token: 't' });
    expect(connectionFrom()).toMatchObject({
      server: 'http://10.0.0.1:8001/k8s',
      namespace: 'shop',
      proxy: undefined,
    });
    expect(connectionFrom({ kubeconfig: file }).server).toBe('http://10.0.0.1:8001/k8s');
  });

  it.each([
    ['a token', { token: 't' }, { headers: { authorization: 'Bearer t' } }],
    ['a password', { username: 'a', password: 'b' }, { headers: { authorization: 'Basic YTpi' } }],
    [
      'somebody else',
      { token: 't', as: 'linnet' },
      { headers: { authorization: 'Bearer t', 'impersonate-user': 'linnet' } },
    ],
    [
      'a certificate',
      { 'client-certificate-data': 'Y2VydA==', 'client-key-data': 'a2V5' },
      { tls: { cert: Buffer.from('cert'), key: Buffer.from('key') } },
    ],
  ])('speaks as %s', async (_, user, expected) => {
    write(user);
    expect(await connectionFrom().credentials()).toMatchObject(expected);
  });

  it('knows what a server must show', async () => {
    const authority = { 'certificate-authority-data': 'Y2E=', 'tls-server-name': 'kubernetes' };
    write({ token: 't' }, { server: 'https://10.0.0.1', ...authority });
    const { tls } = await connectionFrom().credentials();
    expect(tls).toEqual({ ca: Buffer.from('ca'), servername: 'kubernetes' });
  });

  it('reads a token file again when it has changed', async () => {
    writeFileSync(join(folder, 'token'), 'old\n');
    write({ tokenFile: 'token' });
    const connection = connectionFrom();
    const old = await connection.credentials();
    expect(old.headers['authorization']).toBe('Bearer old');
    writeFileSync(join(folder, 'token'), 'new\n');
    expect(connection.refused(old)).toBe(true);
    const { headers } = await connection.credentials();
    expect(headers['authorization']).toBe('Bearer new');
  });

  it('is asked again by all whose credentials were replaced while they asked', async () => {
    writeFileSync(join(folder, 'token'), 'old');
    write({ tokenFile: 'token' });
    const connection = connectionFrom();
    const old = await connection.credentials();
    writeFileSync(join(folder, 'token'), 'new');
    expect([connection.refused(old), connection.refused(old)]).toEqual([true, true]);
    const renewed = await connection.credentials();
    expect(connection.refused(old)).toBe(true);
    expect(connection.refused(renewed)).toBe(false);
  });

  it('reads certificates again when they have changed', async () => {
    writeFileSync(join(folder, 'ca.crt'), 'old');
    write({ token: 't' }, { server: 'https://10.0.0.1', 'certificate-authority': 'ca.crt' });
    const connection = connectionFrom();
    expect((await connection.credentials()).tls.ca).toEqual(Buffer.from('old'));
    writeFileSync(join(folder, 'ca.crt'), 'new');
    later(10_001);
    expect((await connection.credentials()).tls.ca).toEqual(Buffer.from('new'));
  });

  it('asks an exec plugin, and again when its token is refused, but not all the time', async () => {
    print('{"status": {"token": "old"}}');
    write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: writePlugin() } });
    const connection = connectionFrom();
    const bearer = async () => (await connection.credentials()).headers['authorization'];
    expect(await bearer()).toBe('Bearer old');
    print('{"status": {"token": "new"}}');
    expect(await bearer()).toBe('Bearer old');
    expect(connection.refused(await connection.credentials())).toBe(true);
    expect(await bearer()).toBe('Bearer new');
    expect(connection.refused(await connection.credentials())).toBe(false);
  });

  it.each(['hunter2 is no JSON', '{}'])(
    'does not repeat what a broken plugin prints',
    async (printed) => {
      print(printed);
      const command = writePlugin();
      write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command } });
      const error: unknown = await connectionFrom()
        .credentials()
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        reason: 'NoCredentials',
        message: `the exec plugin '${command}' of user 'u' gave no credentials: run it by hand to see why`,
      });
      expect((error as Error).cause).toBeUndefined();
    },
  );

  it('says that a plugin is missing', async () => {
    write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/no/such/plugin' } });
    await expect(connectionFrom().credentials()).rejects.toThrow('(ENOENT)');
  });

  it('is needed outside a cluster', () => {
    rmSync(file, { force: true });
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', folder);
    expect(() => connectionFrom()).toThrow(
      'no cluster is configured: set --kubeconfig or KUBECONFIG, or run with a service account',
    );
  });

  it.each([
    ['no file', () => undefined, 'cannot be read (ENOENT)'],
    ['no YAML', () => writeFileSync(file, 'token: "hunter2\nusers: ['), 'is not valid YAML'],
    ['a list', () => writeFileSync(file, '[]'), 'names no cluster'],
    ['a server that is no URL', () => write({}, { server: 'here' }), "server of cluster 'c'"],
    [
      'a SOCKS proxy',
      () => write({}, { server: 'https://a', 'proxy-url': 'socks5://p' }),
      'is a SOCKS proxy, allowed is http:// or https://',
    ],
  ])('is refused with a sentence: %s', (_, prepare, sentence) => {
    prepare();
    expect(() => connectionFrom()).toThrow(sentence);
    expect(() => connectionFrom()).not.toThrow('hunter2');
  });

  it('is refused when its context is unknown', () => {
    write({});
    expect(() => connectionFrom({ context: 'there' })).toThrow(
      "kubeconfig: context 'there' names no cluster, known contexts are here",
    );
  });
});
