/**
 * Time as the API server tells it: monotonic time plus the offset of its `Date` header, so that
 * replicas whose clocks differ agree on what is due (DESIGN section 5).
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}
