import type { IstioKinds } from './kinds.ts';

export interface IstioSettings {
  /** Undefined while Istio is not installed; it may come after Linnet, so ask each time. */
  readonly kinds: IstioKinds | undefined;
  /** Usually `cluster.local`. */
  readonly clusterDomain: string;
}
