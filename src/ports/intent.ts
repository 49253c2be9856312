/**
 * What the cluster must look like for one canary: absolute values, a pure function of spec and
 * status (`decide/intent.ts`). Adapters turn it into objects and compare; they never add history.
 */
export interface Intent {
  readonly primary: PrimaryIntent | 'untouched';
  readonly target: TargetIntent;
  readonly services: ServicesIntent;
  readonly routes: RoutesIntent;
}

export interface PrimaryIntent {
  /** Name of the pinned revision whose template the primary must run. */
  readonly revision: string;
  /** Replicas it must not fall below; above it, whoever scales it is left alone. 0 while idle. */
  readonly atLeast: number;
  /** Replicas it is made with when it does not exist. */
  readonly strength: number;
}

export type TargetIntent =
  | { readonly replicas: 'untouched' }
  /** Idle: exactly this many (0). */
  | { readonly replicas: number; readonly mode: 'exactly' }
  /** While it may get traffic: never fewer; an autoscaler may have more. */
  | { readonly replicas: number; readonly mode: 'at-least' };

export interface ServicesIntent {
  /** Whether `<apex>-primary` and `<apex>-canary` must exist. */
  readonly versions: boolean;
  /** Whose pods the apex Service selects; `untouched` until adoption reaches it. */
  readonly apex: 'untouched' | 'primary' | 'target';
}

export type RoutesIntent =
  | 'untouched'
  /** Give back what was there before Linnet: remove its own objects, restore a user's. */
  | 'restored'
  | {
      /** Percent to the canary; the primary gets the rest. */
      readonly canaryWeight: number;
      /** Send requests that match `analysis.match` to the canary (A/B testing). */
      readonly matched: boolean;
      /** Percent of the primary's requests that are copied to the canary; 0 for none. */
      readonly mirrorWeight: number;
      /** Name of the rollout, for a session cookie of its own; undefined without affinity. */
      readonly affinity: string | undefined;
    };

/**
 * How an object in the cluster compares with what it must be (DESIGN section 5):
 * - `conforms`: content matches and the stamp equals the fence;
 * - `differs`: content or stamp is behind: write;
 * - `missing`: it does not exist: create;
 * - `unstamped`: it exists without our stamp (Git replaced it): read the Canary live, then write;
 * - `ahead`: its stamp is higher than our fence: we are stale, write nothing;
 * - `foreign`: somebody else's object stands where ours must: refuse, say whose it is;
 * - `unneeded`: the intent does not speak of it.
 */
export type Conformity =
  'conforms' | 'differs' | 'missing' | 'unstamped' | 'ahead' | 'foreign' | 'unneeded';

export interface ObjectSeen {
  readonly conformity: Conformity;
  /** The highest stamp found on the objects of this kind; 0 without one. */
  readonly stamp: number;
  /** What differs, or whose object it is: for people. */
  readonly detail?: string;
}
