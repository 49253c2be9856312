import type { Point } from './looks.ts';
import type { Request } from './requests.ts';
import type { Response } from './responses.ts';

/** What happened between two states, for the story. */
export interface Move {
  readonly kind:
    | 'looks'
    | 'step'
    | 'dies'
    | 'pauses'
    | 'dies sending'
    | 'late'
    | 'hears'
    | 'tick'
    | 'settles'
    | 'crashes'
    | 'releases'
    | 'resets';
  /** Offset of the replica that moves, where one does. */
  readonly replica?: number;
  readonly point?: Point;
  readonly response?: Response;
  readonly request?: Request;
  /** Slot or group that it is about. */
  readonly about?: number;
  /** Replicas that do not hear of it. */
  readonly misses?: readonly number[];
}

/** What may excuse a writer: others did it after the writer had looked. */
export const PODS_CHANGED = 1;
export const ROUTES_CHANGED = 2;
export const PODS_CAME = 4;
