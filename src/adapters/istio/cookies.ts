import { createHash } from 'node:crypto';
import { durationMs } from '../../api/duration.ts';
import type { SessionAffinity } from '../../api/session-affinity.ts';

/** A cookie that a version sets, and by which its users are known again. */
export interface Cookie {
  readonly setCookie: string;
  /** RE2 for the whole header `cookie`. */
  readonly pattern: string;
}

/** Keeps users with the canary; the value is the rollout's own, so that an old cookie holds nobody. */
export function canaryCookie(affinity: SessionAffinity, rollout: string): Cookie {
  return cookie(affinity, affinity.cookieName, valueFrom(rollout), affinity.maxAge);
}

/**
 * Keeps users with the primary until the next step; then its value is another, and they are dealt
 * anew, so that every step's weight is met. Undefined when none is asked for.
 */
export function primaryCookie(
  affinity: SessionAffinity,
  rollout: string,
  canaryWeight: number,
  interval: string,
): Cookie | undefined {
  const name = affinity.primaryCookieName;
  if (name === undefined) return undefined;
  const seconds = Math.max(1, Math.ceil(durationMs(interval) / 1000));
  return cookie(affinity, name, valueFrom(`${rollout}/${canaryWeight}`), seconds);
}

/** Takes the canary's cookie away, whichever rollout it is of. */
export function expiredCookie(affinity: SessionAffinity): Cookie {
  const { cookieName } = affinity;
  return {
    setCookie: setCookie(affinity, `${cookieName}=`, 0),
    pattern: `^(.*;\\s*)?${escaped(cookieName)}=.*$`,
  };
}

function cookie(affinity: SessionAffinity, name: string, value: string, maxAge: number): Cookie {
  return {
    setCookie: setCookie(affinity, `${name}=${value}`, maxAge),
    pattern: `^(.*;\\s*)?${escaped(name)}=${value}(;.*)?$`,
  };
}

function valueFrom(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function setCookie(affinity: SessionAffinity, pair: string, maxAge: number): string {
  const { domain, path = '/', sameSite, httpOnly, secure, partitioned } = affinity;
  const parts = [
    pair,
    `Max-Age=${maxAge}`,
    domain && `Domain=${domain}`,
    `Path=${path}`,
    sameSite && `SameSite=${sameSite}`,
    httpOnly && 'HttpOnly',
    secure && 'Secure',
    partitioned && 'Partitioned',
  ];
  // Envoy reads % in a header value as the start of a command.
  return parts.filter(Boolean).join('; ').replaceAll('%', '%%');
}

function escaped(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
