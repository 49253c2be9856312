import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Connection } from './api-client.ts';

/** Writes a kubeconfig that only its owner can read, and returns its path. */
export async function writeKubeconfig(
  file: string,
  connection: Connection,
  namespace = 'default',
): Promise<string> {
  const { url, caFile, token } = connection;
  const ca =
    caFile === undefined
      ? {}
      : { 'certificate-authority-data': readFileSync(caFile).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: url, ...ca } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
  };
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}
