import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TestProject } from 'vitest/node';
import { NAMES_FILE, runInMeshNetwork } from '../mesh/bed/network.ts';
import setup from '../mesh/global-setup.ts';

/** Who cannot run the mesh suite is told so in a sentence; it is never passed over in silence. */

afterEach(() => vi.unstubAllEnvs());

describe('the mesh suite', () => {
  it('says what is missing where no network of its own can be made', async () => {
    await withProgram('unshare', 'echo "unshare failed: Operation not permitted" >&2; exit 1');
    const tool = { path: '/bin/true', env: {} };
    await expect(runInMeshNetwork({ ip: tool, iptables: tool }, ['true'])).rejects.toThrow(
      /needs a network of its own, which this machine does not grant: .* \(unshare failed: Operation not permitted\)/,
    );
  });

  it('says how it is run when it was not given one', async () => {
    vi.stubEnv(NAMES_FILE, undefined);
    await expect(setup({} as TestProject)).rejects.toThrow(
      'the mesh suite runs in a network of its own: use `npm run test:mesh`',
    );
  });
});

/** A program of this name that is found first. */
async function withProgram(name: string, script: string): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'linnet-program-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(folder, name), 0o755);
  vi.stubEnv('PATH', `${folder}${path.delimiter}${process.env['PATH']}`);
}
