import { z } from 'zod';
import { DnsLabel } from './names.ts';
import { NamespacedRef } from './references.ts';
import { presentOf, ruled } from './rule.ts';

/** A VirtualService that the user owns, and the routes in it whose weights Linnet shifts. */
export const Routing = z.object({
  virtualServiceRef: NamespacedRef.optional().describe(
    'The VirtualService. Default: one that Linnet makes; in version mode, the target.',
  ),
  routes: z
    .array(z.string().min(1).max(253))
    .min(1)
    .max(64)
    .optional()
    .describe('Names of the routes in it. Default: every route that leads to the target.'),
});
export type Routing = z.infer<typeof Routing>;

/** Where traffic should go, among versions that all run side by side. */
export const Version = ruled(
  z.object({
    subset: DnsLabel.optional().describe('Subset of the DestinationRule that is the new version.'),
    host: z.string().min(1).max(253).optional().describe('Host that is the new version.'),
    labels: z
      .record(z.string().max(317), z.string().max(63))
      .optional()
      .describe('Labels of its pods. With them, a missing `subset` is added, and later removed.'),
  }),
  {
    cel: 'has(self.subset) != has(self.host)',
    holds: (v) => (v.subset === undefined) !== (v.host === undefined),
    allowed: 'exactly one of subset and host',
    found: presentOf('subset', 'host'),
  },
  {
    cel: '!has(self.labels) || (has(self.subset) && self.labels.size() > 0)',
    holds: (v) =>
      v.labels === undefined || (v.subset !== undefined && Object.keys(v.labels).length > 0),
    field: 'labels',
    allowed: 'at least one label, together with subset',
    found: {
      cel: `(self.labels.size() == 0 ? 'no labels' : 'labels') + (has(self.subset) ? ' with subset' : ' without subset')`,
      text: (v) =>
        `${Object.keys(v.labels ?? {}).length === 0 ? 'no labels' : 'labels'} ${v.subset === undefined ? 'without' : 'with'} subset`,
    },
  },
);
export type Version = z.infer<typeof Version>;
