import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { builtKubernetes } from '../../scripts/cluster/cache.ts';
import { findOnPath } from '../../src/sandbox/programs.ts';
import { runWithKubeconfig, type CommandOutcome } from '../cluster/kube/kubectl.ts';

/** kubectl as a person uses it, with a home folder of its own. Lines are split at spaces. */
export interface KubectlSession {
  /** What it prints. Throws its complaint when it does not succeed. */
  run(line: string, manifest?: object): Promise<string>;
  /** What it complains about. Throws what it prints when it succeeds. */
  refusal(line: string, manifest?: object): Promise<string>;
  outcome(line: string, manifest?: object): Promise<CommandOutcome>;
  /** A command that goes on printing until it is ended. */
  follow(line: string): Followed;
  close(): Promise<void>;
}

export interface Followed {
  /** All that was printed, once it matches. */
  until(pattern: RegExp): Promise<string>;
  end(): void;
}

/** kubectl of the PATH, and those that the cluster suite has built. */
export function kubectlPrograms(): string[] {
  const built = builtKubernetes()
    .map((folder) => path.join(folder, 'kubectl'))
    .filter((file) => existsSync(file));
  return [findOnPath('kubectl', process.env), ...built].filter((one) => one !== undefined);
}

export async function kubectlSession(program: string, kubeconfig: string): Promise<KubectlSession> {
  const home = await mkdtemp(path.join(tmpdir(), 'linnet-kubectl-'));
  const outcome = (line: string, manifest?: object): Promise<CommandOutcome> => {
    const input = manifest ? stringify(manifest) : '';
    return runWithKubeconfig(program, line.split(' '), kubeconfig, home, input);
  };
  return {
    outcome,
    async run(line, manifest) {
      const { stdout, stderr, code } = await outcome(line, manifest);
      if (code !== 0) throw new Error(`kubectl ${line}: ${stderr || stdout}`);
      return stdout.trim();
    },
    async refusal(line, manifest) {
      const { stdout, stderr, code } = await outcome(line, manifest);
      if (code === 0) throw new Error(`kubectl ${line} was not refused: ${stdout}`);
      return stderr;
    },
    follow(line) {
      const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig };
      const child = spawn(program, line.split(' '), { env });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
      return {
        async until(pattern) {
          while (!pattern.test(printed)) {
            await new Promise((resolve) => child.stdout.once('data', resolve));
          }
          return printed;
        },
        end: () => child.kill(),
      };
    },
    close: () => rm(home, { recursive: true }),
  };
}
