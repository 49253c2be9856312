/** What happened to an id, remembered for a while; beyond `most` the oldest is forgotten. */
export class Lately {
  private readonly until = new Map<string, number>();
  private readonly most: number;

  constructor(most = 20_000) {
    this.most = most;
  }

  add(id: string, ms: number): void {
    this.until.delete(id);
    this.until.set(id, Date.now() + ms);
    if (this.until.size <= this.most) return;
    const [oldest] = this.until.keys();
    if (oldest !== undefined) this.until.delete(oldest);
  }

  has(id: string): boolean {
    const until = this.until.get(id);
    if (until === undefined) return false;
    if (until > Date.now()) return true;
    this.until.delete(id);
    return false;
  }

  clear(): void {
    this.until.clear();
  }
}
