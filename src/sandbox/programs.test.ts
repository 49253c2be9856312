import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { libraryPackages } from './debian-packages.ts';
import { cacheFolder, findProgram } from './programs.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-programs-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function place(name: string, mode = 0o755, at = folder): string {
  mkdirSync(at, { recursive: true });
  const file = path.join(at, name);
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, mode);
  return file;
}

describe('a program on the PATH', () => {
  test('is taken from the first folder that has it', async () => {
    const first = place('prometheus', 0o755, path.join(folder, 'a'));
    const second = place('prometheus', 0o755, path.join(folder, 'b'));
    const PATH = [path.dirname(first), path.dirname(second)].join(':');
    expect(await findProgram('prometheus', { env: { PATH } })).toEqual({ path: first, env: {} });
  });

  test('counts only when it can be run', async () => {
    place('prometheus', 0o644, path.join(folder, 'a'));
    const second = place('prometheus', 0o755, path.join(folder, 'b'));
    const PATH = [path.join(folder, 'a'), path.join(folder, 'b')].join(':');
    expect((await findProgram('prometheus', { env: { PATH } })).path).toBe(second);
  });

  test('valkey-server stands in for redis-server, which is preferred', async () => {
    const valkey = place('valkey-server');
    expect((await findProgram('redis-server', { env: { PATH: folder } })).path).toBe(valkey);
    const redis = place('redis-server');
    expect((await findProgram('redis-server', { env: { PATH: folder } })).path).toBe(redis);
  });
});

describe('without apt-get, the command for this system is named', () => {
  test.each([
    ['apk', 'redis-server', 'apk add redis'],
    ['dnf', 'prometheus', 'sudo dnf install /usr/bin/prometheus'],
    ['yum', 'redis-server', 'sudo yum install /usr/bin/redis-server'],
    ['zypper', 'redis-server', 'sudo zypper install redis'],
    ['pacman', 'redis-server', 'sudo pacman -S valkey'],
    ['brew', 'prometheus', 'brew install prometheus'],
  ] as const)('%s', async (manager, program, command) => {
    place(manager);
    await expect(findProgram(program, { env: { PATH: folder } })).rejects.toThrow(
      `${program} is not on the PATH: install it with \`${command}\``,
    );
  });

  test('and a system that is not known gets a sentence too', async () => {
    await expect(findProgram('prometheus', { env: { PATH: folder } })).rejects.toThrow(
      'prometheus is not on the PATH: install it and put it on the PATH',
    );
  });
});

test.each([
  [{ LINNET_CACHE_DIR: '/own', XDG_CACHE_HOME: '/xdg', HOME: '/home/me' }, '/own'],
  [{ XDG_CACHE_HOME: '/xdg', HOME: '/home/me' }, '/xdg/linnet'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/home/me' }, '/home/me/.cache/linnet'],
  [{ LINNET_CACHE_DIR: '', XDG_CACHE_HOME: '', HOME: '/home/me' }, '/home/me/.cache/linnet'],
])('the cache folder for %o is %s', (env, expected) => {
  expect(cacheFolder(env)).toBe(expected);
});

test('libraries are read from the dependency fields of a package', () => {
  const fields = [
    'Pre-Depends: init-system-helpers (>= 1.54~), libc6 (>= 2.34)',
    'Depends: adduser, libjemalloc2 (>= 5.2.1), liblua5.1-0 | liblua5.1-other, libjs-jquery,',
    ' libssl3:any (>= 3.0.0), lsb-base',
    '',
  ].join('\n');
  expect(libraryPackages(fields)).toEqual(['libc6', 'libjemalloc2', 'liblua5.1-0', 'libssl3']);
});
