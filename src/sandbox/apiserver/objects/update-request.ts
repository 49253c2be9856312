import type { KubeObject } from '../cluster-state.ts';

export type Subresource = 'status' | 'scale';

export interface UpdateRequest {
  subresource?: Subresource;
  /** From the object as it is to what it shall be, both in the version of the request. */
  change(current: KubeObject): unknown;
  /** The change has settled the ownership of fields by itself, as an apply does. */
  ownsTracking?: boolean;
  /** How to show a patch whose result cannot be read as an object of the kind. */
  describePatch?: (changed: unknown) => string;
  /** Overwrite whatever is there when the object names no resourceVersion. */
  unconditional?: boolean;
}
