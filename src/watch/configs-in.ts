/** The fields by which a pod template names a config, and what they name. */
const MENTIONS: Readonly<Record<string, 'configmap' | 'secret'>> = {
  configMap: 'configmap',
  configMapRef: 'configmap',
  configMapKeyRef: 'configmap',
  secret: 'secret',
  secretRef: 'secret',
  secretKeyRef: 'secret',
};

/**
 * `configmap/<name>` and `secret/<name>` of all that a workload mentions, wherever it does: one too
 * many costs a look, one too few would miss a change.
 */
export function configsIn(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(configsIn);
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([field, value]) => {
    const type = MENTIONS[field];
    const name = type === undefined ? undefined : nameIn(value);
    return name === undefined ? configsIn(value) : [`${type}/${name}`];
  });
}

function nameIn(holder: unknown): string | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const { name, secretName } = holder as { name?: unknown; secretName?: unknown };
  const found = name ?? secretName;
  return typeof found === 'string' ? found : undefined;
}
