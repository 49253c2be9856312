import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../src/sandbox/apiserver/server.ts';
import { startWorkloads } from '../../src/sandbox/workloads/workloads.ts';
import { normalised } from '../conformance/kubectl/normalised-output.ts';
import { MANIFEST, STEPS } from '../conformance/kubectl/steps.ts';
import { providedCluster } from './kube/provided-cluster.ts';

const CRDS = path.join(import.meta.dirname, '../../crds');
const cluster = providedCluster();
let folder: string;
let kubeconfig: string;
let sandbox: ApiServer;
let stopWorkloads: () => void;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'linnet-kubectl-'));
  kubeconfig = path.join(folder, 'kubeconfig');
  sandbox = await startApiServer();
  const workloads = startWorkloads(sandbox.state, { report: (error) => console.error(error) });
  stopWorkloads = () => workloads.stop();
  await sandbox.writeKubeconfig(kubeconfig);
  const installed = await cluster.kubectl(['apply', '-f', CRDS], { kubeconfig });
  if (installed.code !== 0) throw new Error(installed.stderr);
});
afterAll(async () => {
  stopWorkloads();
  await sandbox.stop();
  await rm(folder, { recursive: true });
  await cluster.kubectl(['delete', 'namespace', 'kubectl-smoke', '--wait=false']);
  await cluster.close();
});

/** Each step builds on those before it: one session of a person at a terminal, held twice. */
describe('kubectl says the same to the sandbox and to a real server', () => {
  test.each(STEPS)('kubectl $run', async ({ run, code = 0, stdin }) => {
    const args = run.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? [];
    const input = { stdin: stdin ?? MANIFEST };
    const [real, own] = await Promise.all([
      cluster.kubectl(args, input),
      cluster.kubectl(args, { ...input, kubeconfig }),
    ]);
    expect({ ...normalised(real), code: real.code }).toMatchObject({ code });
    expect({ ...normalised(own), code: own.code }).toEqual({
      ...normalised(real),
      code: real.code,
    });
  });
});
