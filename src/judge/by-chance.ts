import type { Counts } from '../ports/telemetry.ts';

/**
 * The most of the canary's requests that chance alone may make bad, once in a thousand, where they are
 * `ratio` times as likely to be bad as the primary's: of all that were bad, how many met the canary is
 * then binomial, and beside the primary's number of them negative binomial (Przyborowski and Wilenski,
 * Biometrika 31, 1940). It is right for few requests, too, and grows as the primary's number is less
 * certain.
 *
 * @param canary above 0.
 */
export function mostByChance(canary: number, primary: Counts['primary'], ratio: number): number {
  if (primary.requests <= 0) return canary;
  const odds = (ratio * canary) / primary.requests;
  const size = primary.bad + 1;
  const none = -size * Math.log1p(odds);
  const isSmall = none > -LEAST_LOG && size * odds < MANY;
  return Math.min(canary, isSmall ? counted(odds, size, Math.exp(none)) : curved(odds, size));
}

const CHANCE = 0.001;
/** Below this the probability of none is no number any more. */
const LEAST_LOG = 600;
/** From here on, counting takes long, and the curve is as good. */
const MANY = 2000;

/** The probability of each number follows from that of the one before it. */
function counted(odds: number, size: number, none: number): number {
  const share = odds / (1 + odds);
  let most = 0;
  let probability = none;
  let atLeastNext = 1 - none;
  while (atLeastNext >= CHANCE) {
    probability *= (share * (size + most)) / (most + 1);
    atLeastNext -= probability;
    most += 1;
  }
  return most;
}

/** By mean, variance and skewness (Cornish and Fisher, 1938). */
function curved(odds: number, size: number): number {
  const mean = size * odds;
  const deviation = Math.sqrt(mean * (1 + odds));
  return Math.floor(mean + Z * deviation + ((Z ** 2 - 1) * (1 + 2 * odds)) / 6);
}

/** The normal distribution has 0.1 % above it. */
const Z = 3.090_232_306_167_8;
