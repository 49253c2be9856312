import type { Canary } from '../../api/canary.ts';
import { ClusterError, type ClusterReader } from '../../ports/cluster.ts';
import type { IstioSettings } from './settings.ts';
import type { Share } from './shared-reads.ts';

export interface PreflightSettings {
  readonly mesh: IstioSettings;
  /** The provider of canaries that name none. Default: `istio`. */
  readonly provider?: string;
  /** Whether any `istio_*` series exists for the workload; undefined when that cannot be told. */
  readonly isSeen: (canary: Canary) => Promise<boolean | undefined>;
  /** Nothing is told of other namespaces: they are not watched, or not this canary's business. */
  readonly ownNamespaceOnly?: boolean;
}

/** One look of preflight at one canary. */
export interface Look {
  readonly canary: Canary;
  readonly reader: ClusterReader;
  readonly settings: PreflightSettings;
  /** For what canaries of a namespace have in common. */
  readonly share: Share;
}

/** Whether anything may be told of what a canary names in a namespace. */
export function isInSight({ canary, settings }: Look, namespace: string): boolean {
  return settings.ownNamespaceOnly !== true || namespace === canary.metadata.namespace;
}

/** Reads what Linnet may not be allowed to read, or what is not served: undefined then. */
export async function ifAllowed<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    const { code } = error instanceof ClusterError ? error : { code: undefined };
    if (code === 403 || code === 404) return undefined;
    throw error;
  }
}
