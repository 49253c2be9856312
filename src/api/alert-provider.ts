import { z } from 'zod';
import { ALERT_PROVIDERS, API_VERSION } from './group.ts';
import { ObjectMeta } from './metadata.ts';
import { HttpUrl } from './names.ts';
import { SecretRef } from './references.ts';
import { presentOf, ruled } from './rule.ts';

export const AlertProviderType = z.enum([
  'slack',
  'msteams',
  'discord',
  'rocket',
  'gchat',
  'webhook',
]);
export type AlertProviderType = z.infer<typeof AlertProviderType>;

export const AlertProviderSpec = ruled(
  z.object({
    type: AlertProviderType.describe(
      'Format of the messages; `webhook` is plain JSON for a receiver of your own.',
    ),
    channel: z.string().max(253).optional().describe('Channel, where the provider has channels.'),
    username: z.string().max(253).optional().describe('Name under which messages appear.'),
    address: HttpUrl.optional().describe(
      'Address that messages are posted to. Often a credential itself: prefer `secretRef`.',
    ),
    proxy: HttpUrl.optional().describe('Address of an HTTP proxy on the way.'),
    secretRef: SecretRef.optional().describe(
      'Secret with the keys `address`, and if needed `token`, `proxy` and `headers`.',
    ),
  }),
  {
    cel: 'has(self.address) || has(self.secretRef)',
    holds: (spec) => spec.address !== undefined || spec.secretRef !== undefined,
    allowed: 'address, secretRef or both',
    found: presentOf('address', 'secretRef'),
  },
);
export type AlertProviderSpec = z.infer<typeof AlertProviderSpec>;

export const AlertProvider = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(ALERT_PROVIDERS.kind),
  metadata: ObjectMeta,
  spec: AlertProviderSpec,
});
export type AlertProvider = z.infer<typeof AlertProvider>;
