import { z } from 'zod';
import { API_VERSION, CANARIES } from './group.ts';
import { ObjectMeta } from './metadata.ts';
import { type CanarySpec, CanarySpecInput } from './spec.ts';
import { CanaryStatus } from './status.ts';

/** A Canary as manifests and the API server write it. */
export const CanaryInput = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(CANARIES.kind),
  metadata: ObjectMeta,
  spec: CanarySpecInput,
  status: CanaryStatus.optional(),
});

/** A Canary as the rest of Linnet sees it: checked, with every default filled in. */
export interface Canary {
  apiVersion: typeof API_VERSION;
  kind: typeof CANARIES.kind;
  metadata: ObjectMeta;
  spec: CanarySpec;
  status?: CanaryStatus | undefined;
}
