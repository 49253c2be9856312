/** What happened to an id, remembered for a while; beyond `most` the oldest is forgotten. */
export class Lately {
  private readonly until = new Map<string, number>();
  private readonly most: number;

  constructor(most = 20_000) {
    this.most = most;
  }

  add(id: string, ms: number): void {
    const now = Date.now();
    this.until.delete(id);
    this.until.set(id, now + ms);
    for (const [oldest, until] of this.until) {
      if (this.until.size <= this.most && until > now) break;
      this.until.delete(oldest);
    }
  }

  has(id: string): boolean {
    const until = this.until.get(id);
    if (until === undefined) return false;
    if (until > Date.now()) return true;
    this.until.delete(id);
    return false;
  }

  delete(id: string): void {
    this.until.delete(id);
  }

  /** Ids that take room, those included whose time was over lately. */
  get size(): number {
    return this.until.size;
  }

  clear(): void {
    this.until.clear();
  }
}
