import { z } from 'zod';
import { Duration } from './duration.ts';
import { DisplayName, HttpUrl } from './names.ts';
import { Whole } from './whole.ts';

/** When a webhook is called; the empty text of an older manifest means `rollout`. */
export const HookType = z.enum([
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-traffic-increase',
  'confirm-promotion',
  'post-rollout',
  'rollback',
  'event',
]);
export type HookType = z.infer<typeof HookType>;

export const CanaryWebhook = z.object({
  name: DisplayName.describe('Name of the webhook.'),
  type: z
    .enum(['', ...HookType.options])
    .default('rollout')
    .describe(
      'When it is called: `confirm-rollout` (before the start, until it allows), `pre-rollout` (before the first weight), `rollout` (at every check), `confirm-traffic-increase` (before each step), `confirm-promotion`, `post-rollout`, `rollback` (at every check, and while a gate or a window is waited for; success rolls back), `event` (told of every event).',
    ),
  url: HttpUrl.describe('Where it is called, by POST.'),
  timeout: Duration('1ms').default('10s').describe('How long one call may take.'),
  retries: Whole(0, 100).default(0).describe('How often a failed call is repeated.'),
  muteAlert: z.boolean().default(false).describe('Whether its results raise no alerts.'),
  disableTLS: z
    .boolean()
    .default(false)
    .describe('Whether the certificate of the server is accepted unchecked.'),
  metadata: z
    .record(z.string().max(253), z.string())
    .optional()
    .describe('Keys and values that are sent along.'),
});

/** After parsing, the type is never empty. */
export type CanaryWebhook = Omit<z.infer<typeof CanaryWebhook>, 'type'> & { type: HookType };
