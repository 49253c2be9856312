import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProgram } from '../../src/sandbox/programs.ts';

/** A stand-in for apt-get that serves packages made here, and a mirror that may be down. */
describe.runIf(existsSync('/usr/bin/dpkg-deb'))('on Debian, without the program', () => {
  let folder: string;
  let lines: string[];

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-apt-test-'));
    lines = [];
    mkdirSync(path.join(folder, 'bin'));
    mkdirSync(path.join(folder, 'mirror'));
    aptGet(`
case " $* " in *" update "*)
  test -e "$MIRROR/down" && echo "W: Failed to fetch http://mirror/ no route to host" >&2
  touch "$MIRROR/updated"; exit 0;;
esac
for name in "$@"; do last=$name; done
test -e "$MIRROR/no-lists" -a ! -e "$MIRROR/updated" && { echo "E: Unable to locate package $last" >&2; exit 100; }
test -e "$MIRROR/down" && { echo "E: Unable to locate package $last" >&2; exit 100; }
cp "$MIRROR"/*.deb .
`);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function aptGet(script: string): void {
    const file = path.join(folder, 'bin', 'apt-get');
    const mirror = path.join(folder, 'mirror');
    const log = `echo "$*" >> "${mirror}/log"`;
    writeFileSync(file, `#!/bin/sh\nMIRROR="${mirror}"\n${log}\n${script}`);
    chmodSync(file, 0o755);
  }

  /** Puts a package into the mirror whose program is a shell script. */
  function publish(script: string): void {
    const root = path.join(folder, 'package');
    mkdirSync(path.join(root, 'DEBIAN'), { recursive: true });
    mkdirSync(path.join(root, 'usr', 'bin'), { recursive: true });
    const control = ['Package: prometheus', 'Version: 1', 'Architecture: all'];
    const about = [...control, 'Maintainer: a <a@b.c>', 'Description: test', ''].join('\n');
    writeFileSync(path.join(root, 'DEBIAN', 'control'), about);
    writeFileSync(path.join(root, 'usr', 'bin', 'prometheus'), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(root, 'usr', 'bin', 'prometheus'), 0o755);
    execFileSync('dpkg-deb', ['-b', root, path.join(folder, 'mirror', 'prometheus.deb')]);
  }

  function mirrorIs(state: 'down' | 'no-lists'): void {
    writeFileSync(path.join(folder, 'mirror', state), '');
  }

  function mirrorIsUp(): void {
    rmSync(path.join(folder, 'mirror', 'down'));
  }

  function find() {
    const env = {
      // Without the folder where a real Prometheus may be installed.
      PATH: [path.join(folder, 'bin'), ...systemTools()].join(':'),
      LINNET_CACHE_DIR: path.join(folder, 'cache'),
    };
    return findProgram('prometheus', { env, onProgress: (line) => lines.push(line) });
  }

  /** A folder of links to the tools that are needed, and to nothing else. */
  function systemTools(): string[] {
    const tools = path.join(folder, 'tools');
    mkdirSync(tools, { recursive: true });
    for (const tool of [
      'sh',
      'dpkg',
      'dpkg-deb',
      'dpkg-query',
      'ldd',
      'cp',
      'touch',
      'tar',
      'rm',
    ]) {
      const found = ['/usr/bin', '/bin'].map((at) => path.join(at, tool)).find(existsSync);
      const link = path.join(tools, tool);
      if (found !== undefined && !existsSync(link)) execFileSync('ln', ['-s', found, link]);
    }
    return [tools];
  }

  function cached(): string[] {
    const programs = path.join(folder, 'cache', 'programs');
    if (!existsSync(programs)) return [];
    return readdirSync(programs).flatMap((name) => readdirSync(path.join(programs, name)));
  }

  test('callers at once share one private copy, which stays', async () => {
    publish('echo "prometheus 1"');
    const [one, other] = await Promise.all([find(), find()]);
    expect(one).toEqual(other);
    expect(execFileSync(one.path, { encoding: 'utf8' })).toBe('prometheus 1\n');
    expect(await find()).toEqual(one);
    expect(lines).toEqual(['fetching a private copy of prometheus']);
    expect(cached()).toEqual(['prometheus']);
    expect(readdirSync(path.dirname(path.dirname(path.dirname(one.path))))).toEqual(['usr']);
  });

  test('lists of packages are fetched where there are none, and not kept', async () => {
    publish('true');
    mirrorIs('no-lists');
    await find();
    expect(lines).toEqual([
      'fetching a private copy of prometheus',
      'fetching the lists of packages',
    ]);
    const log = readFileSync(path.join(folder, 'mirror', 'log'), 'utf8');
    expect(log.match(/(update|download \S+)$/gm)).toEqual([
      'download prometheus',
      'update',
      'download prometheus',
    ]);
    expect(cached()).toEqual(['prometheus']);
  });

  test('a mirror that is down is named, with what to do; later the copy is fetched', async () => {
    publish('true');
    mirrorIs('down');
    await expect(find()).rejects.toThrow(
      'prometheus is not on the PATH and no copy could be fetched (apt-get: Failed to fetch http://mirror/ no route to host): install it with `sudo apt-get install prometheus`',
    );
    expect(cached()).toEqual([]);
    mirrorIsUp();
    await find();
    expect(cached()).toEqual(['prometheus']);
  });

  test('a program that does not run is not kept', async () => {
    publish('echo "wrong libc" >&2; exit 1');
    await expect(find()).rejects.toThrow('(prometheus: wrong libc)');
    expect(cached()).toEqual([]);
  });

  test('what a killed attempt left behind is removed', async () => {
    publish('true');
    const { path: program } = await find();
    const copy = path.dirname(path.dirname(path.dirname(program)));
    mkdirSync(`${copy}.partial-killed/archives`, { recursive: true });
    rmSync(copy, { recursive: true });
    await find();
    expect(cached()).toEqual(['prometheus']);
  });

  test('a cache folder that cannot be written is named', async () => {
    writeFileSync(path.join(folder, 'cache'), 'a file');
    await expect(find()).rejects.toThrow(path.join(folder, 'cache'));
  });
});
