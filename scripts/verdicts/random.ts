/** Numbers that are the same for the same seed on every machine: sfc32, seeded by one whole number. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;
  #spare: number | undefined;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.trunc(seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < 15; i++) this.next();
  }

  /** From 0 up to 1. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** Standard normal, by the polar method. */
  normal(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    for (;;) {
      const [x, y] = [2 * this.next() - 1, 2 * this.next() - 1];
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = y * scale;
      return x * scale;
    }
  }

  /** Events in a span in which `mean` are expected. */
  poisson(mean: number): number {
    if (mean <= 0) return 0;
    return mean < 10 ? this.#fewEvents(mean) : this.#manyEvents(mean);
  }

  #fewEvents(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }

  /** Transformed rejection with a squeeze: W. Hörmann, "The transformed rejection method", 1993. */
  #manyEvents(mean: number): number {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const squeeze = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.next() - 0.5;
      const v = this.next();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= squeeze) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      const left = Math.log((v * inverseAlpha) / (a / (us * us) + b));
      if (left <= k * Math.log(mean) - mean - logFactorial(k)) return k;
    }
  }

  /** A share with the given mean, whose requests correlate by `icc`. */
  beta(mean: number, icc: number): number {
    const strength = 1 / icc - 1;
    const x = this.#gamma(mean * strength);
    const y = this.#gamma((1 - mean) * strength);
    return x + y > 0 ? x / (x + y) : 0;
  }

  /** G. Marsaglia, W. W. Tsang: "A simple method for generating gamma variables", 2000. */
  #gamma(shape: number): number {
    if (shape < 1) return this.#gamma(shape + 1) * this.next() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(this.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }
}

const LOG_FACTORIALS = [0, 0];
for (let k = 2; k < 32; k++) LOG_FACTORIALS.push((LOG_FACTORIALS[k - 1] ?? 0) + Math.log(k));

/** Stirling's series, exact to ten digits from 32 on. */
function logFactorial(k: number): number {
  const known = LOG_FACTORIALS[k];
  if (known !== undefined) return known;
  const series = 1 / (12 * k) - 1 / (360 * k ** 3);
  return k * Math.log(k) - k + 0.5 * Math.log(2 * Math.PI * k) + series;
}

/** One whole number from several: seeds of neighbours have nothing in common. */
export function seedOf(...parts: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (let rest = part; ; rest = Math.floor(rest / 256)) {
      hash = Math.imul(hash ^ (rest & 0xff), 0x01000193);
      if (rest < 256) break;
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  }
  return (hash ^ (hash >>> 13)) >>> 0;
}
