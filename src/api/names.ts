import { z } from 'zod';
import { celText, HIDDEN, matching, ruled } from './rule.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SERVICE = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** A DNS label of at most 63 characters: namespaces, subsets. */
export const DnsLabel = matching(
  63,
  new RegExp(`^${LABEL}$`),
  'a name of at most 63 lower-case letters, digits and hyphens',
);

/** What Kubernetes takes as the name of most objects. */
export const ObjectName = matching(
  253,
  new RegExp(String.raw`^${LABEL}(\.${LABEL})*$`),
  'a name of at most 253 lower-case letters, digits, hyphens and dots',
);

/** What Linnet appends to the names of the target and of the apex Service. */
export const PRIMARY_SUFFIX = '-primary';
export const CANARY_SUFFIX = '-canary';

/** Whether `<name>-primary` and `<name>-canary` are names of Services. */
export function canNameServices(name: string): boolean {
  return SERVICE.test(name) && name.length <= LONGEST_APEX;
}

/** The same question about a CEL expression. */
export function canNameServicesCel(expression: string): string {
  const shape = celText(SERVICE.source);
  return `${expression}.matches(${shape}) && ${expression}.size() <= ${LONGEST_APEX}`;
}

const LONGEST_APEX = 63 - PRIMARY_SUFFIX.length;

export const APEX_ALLOWED = `a Service name that leaves room for ${PRIMARY_SUFFIX}: a letter, then lower-case letters, digits and hyphens, at most ${LONGEST_APEX} characters`;

/** An address of a system that is called over HTTP. It may hold a credential: never shown. */
export const HttpUrl = ruled(z.string().max(2048), {
  cel: `self.matches(${celText('^https?://[^/?# ]+[^ ]*$')})`,
  holds: (text) => /^https?:\/\/[^/?# ]+[^ ]*$/.test(text) && URL.canParse(text),
  allowed: 'a URL that starts with http:// or https:// and names a host',
  found: HIDDEN,
});

/** A name that people chose and read. */
export const DisplayName = matching(
  253,
  /^[^\t\n\v\f\r]+$/,
  'a name of 1 to 253 characters on one line',
);

/** Labels or annotations. */
export const StringMap = z.record(z.string().max(317), z.string());
