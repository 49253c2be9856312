import { chmod, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

/** Writes a kubeconfig with one context, `sandbox`, readable by its owner only. */
export async function writeKubeconfig(
  path: string,
  url: string,
  token: string | undefined,
): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sandbox',
    clusters: [{ name: 'sandbox', cluster: { server: url } }],
    users: [{ name: 'sandbox', user: token === undefined ? {} : { token } }],
    contexts: [
      { name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace: 'default' } },
    ],
  };
  await writeFile(path, stringify(config), { mode: 0o600 });
  await chmod(path, 0o600);
}
