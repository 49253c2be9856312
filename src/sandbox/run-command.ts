import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** What it writes to its standard output. */
export async function outputOf(...command: Parameters<typeof runCommand>): Promise<string> {
  return (await runCommand(...command)).stdout;
}

/** Runs a command in plain English. Rejects with the last line on its standard error. */
export async function runCommand(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<CommandOutput> {
  try {
    const options = { env: { ...env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' } };
    return await execute(command, args, cwd === undefined ? options : { ...options, cwd });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    const reason = said.split('\n').at(-1) ?? '';
    const name = path.basename(command);
    throw new Error(reason === '' ? `${name} ${args.at(-1)} failed` : `${name}: ${reason}`, {
      cause: error,
    });
  }
}

const execute = promisify(execFile);
