/** What a guard has gathered up to the end of a block. */
export interface StoredEvidence {
  /** End of the newest block taken in, in milliseconds of the metrics store's clock. */
  readonly block: number;
  /** How many weights of the rollout were known: a further one may have voided its newest blocks. */
  readonly shifts: number;
  /** A JSON value. */
  readonly state: unknown;
}

/**
 * Where replicas keep the evidence on rollouts, so that none has to compute it from its beginning.
 * It follows from counters and plan alone: lost, it is made again (DESIGN section 6).
 */
export interface EvidenceStore {
  /**
   * What is known under that name; other replicas are not asked where this one has come to `until`
   * itself. Never rejects.
   */
  read(id: string, until: number): Promise<StoredEvidence | undefined>;
  /**
   * Stores what `before`, that was read, has become by further blocks. False when another replica has
   * gone on from there meanwhile: then nothing is stored. Never rejects.
   */
  advance(id: string, before: StoredEvidence | undefined, next: StoredEvidence): Promise<boolean>;
}
