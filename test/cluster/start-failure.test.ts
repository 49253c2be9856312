import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { provideClusterBinaries } from '../../scripts/cluster/cluster-binaries.ts';
import { startCluster } from './kube/start-cluster.ts';

const binaries = await provideClusterBinaries();

/** Why a cluster did not start. Removes the folder of logs that the sentence names. */
async function failure(start: Promise<unknown>): Promise<string> {
  const message = await start.then(
    () => 'it started',
    (error: Error) => error.message,
  );
  const logs = /\(logs: (.+?)\)/.exec(message)?.[1];
  expect(logs !== undefined && existsSync(logs)).toBe(true);
  await rm(logs ?? '', { recursive: true });
  return message.replace(/ \(logs: .+?\)/, '');
}

test.each([
  {
    name: 'ends at once',
    broken: { etcd: '/bin/false' },
    why: /^the test cluster did not start: etcd ended with code 1; its log ends:\n$/,
  },
  {
    name: 'is not there',
    broken: { etcd: '/nowhere/etcd' },
    why: /etcd ended with code 127; its log ends:\nsetpriv: .*\/nowhere\/etcd.*No such file/,
  },
  {
    name: 'does not understand its flags',
    broken: { kubeApiserver: binaries.kubectl },
    why: /kube-apiserver ended with code 1; its log ends:\n[^]*unknown flag/,
  },
])('a server that $name is named, with the end of its log', async ({ broken, why }) => {
  expect(await failure(startCluster({ ...binaries, ...broken }, []))).toMatch(why);
});

test('a definition that the API server refuses is named', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'linnet-bad-crd-'));
  const file = path.join(directory, 'bad.yaml');
  await writeFile(file, '{kind: CustomResourceDefinition, metadata: {name: bad}, spec: {}}');
  try {
    expect(await failure(startCluster(binaries, [file]))).toMatch(
      /customresourcedefinitions: 422 .*"bad" is invalid.*spec\.group: Required value/,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
