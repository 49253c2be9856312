import { z } from 'zod';
import { matching } from './rule.ts';
import { WholeFrom } from './whole.ts';

const CookieName = matching(
  128,
  /^[!#$%&*+.^_|~0-9A-Za-z-]+$/,
  'the name of a cookie: letters, digits, hyphens and underscores',
);

/** Keeps a user who met the canary with the canary. */
export const SessionAffinity = z.object({
  cookieName: CookieName.describe('Name of the cookie that keeps a user with the canary.'),
  primaryCookieName: CookieName.optional().describe(
    'Name of the cookie that keeps a user with the primary. Default: none is set.',
  ),
  maxAge: WholeFrom(0)
    .default(86400)
    .describe('Lifetime of the cookies in seconds; 0 means the default.'),
  domain: matching(253, /^\.?[A-Za-z0-9.-]+$/, 'a host name')
    .optional()
    .describe('Host to which the cookies are sent. Default: the one that was called.'),
  path: matching(1024, /^\/[^; ]*$/, 'a path that starts with / and has no semicolon or space')
    .optional()
    .describe('Path below which the cookies are sent. Default: `/`.'),
  httpOnly: z.boolean().optional().describe('Whether scripts are kept from the cookies.'),
  secure: z.boolean().optional().describe('Whether the cookies travel by https only.'),
  sameSite: z
    .enum(['Strict', 'Lax', 'None'])
    .optional()
    .describe('Whether the cookies go along with requests from other sites.'),
  partitioned: z.boolean().optional().describe('Whether the cookies are partitioned.'),
});
export type SessionAffinity = z.infer<typeof SessionAffinity>;
