import type { ApiClient } from '../ports/cluster.ts';
import { SECRET } from '../ports/kinds.ts';

/** The decoded data of a Secret, read live when it is needed and kept nowhere; undefined: there is none. */
export async function readSecret(
  api: Pick<ApiClient, 'get'>,
  namespace: string,
  name: string,
): Promise<Record<string, string> | undefined> {
  const secret = await api.get(SECRET, namespace, name);
  if (secret === undefined) return undefined;
  const data = Object.entries((secret['data'] ?? {}) as Record<string, string>);
  return Object.fromEntries(
    data.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
  );
}
