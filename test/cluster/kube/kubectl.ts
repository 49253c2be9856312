import { spawn } from 'node:child_process';

export interface CommandOutcome {
  stdout: string;
  stderr: string;
  /** 128 and the signal's number is not tried: a killed command gives -1. */
  code: number;
}

export interface CommandInput {
  stdin?: string;
  /** Instead of the administrator's. */
  kubeconfig?: string;
}

/**
 * Runs kubectl or helm to its end. A failure is an outcome, not an exception. `home` takes
 * their caches, so that the user's own are neither read nor written.
 */
export function runWithKubeconfig(
  program: string,
  args: string[],
  kubeconfig: string,
  home: string,
  stdin = '',
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig },
    });
    const outcome = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        outcome[stream] += text;
      });
    }
    // A command that does not read its input closes it: that is its affair.
    child.stdin.on('error', () => undefined).end(stdin);
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...outcome, code: code ?? -1 }));
  });
}
