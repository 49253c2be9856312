import { z } from 'zod';
import { DisplayName } from './names.ts';
import { NamespacedRef } from './references.ts';
import { Severity } from './status.ts';

export const CanaryAlert = z.object({
  name: DisplayName.describe('Name of the alert.'),
  severity: z
    .enum(['', ...Severity.options])
    .default('info')
    .describe(
      'Least severity that is sent: `info` (everything), `warn`, or `error` (only what failed).',
    ),
  providerRef: NamespacedRef.describe('The AlertProvider that it is sent to.'),
});

/** After parsing, the severity is never empty. */
export type CanaryAlert = Omit<z.infer<typeof CanaryAlert>, 'severity'> & { severity: Severity };
