import type { IstioKinds } from './kinds.ts';

export interface IstioSettings {
  /** Undefined where Istio is not installed. */
  readonly kinds: IstioKinds | undefined;
  /** Usually `cluster.local`. */
  readonly clusterDomain: string;
}
