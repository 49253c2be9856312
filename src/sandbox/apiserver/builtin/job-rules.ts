import type { JsonObject } from '../cluster-state.ts';
import { valueAt, type KindRules } from '../objects/resource-definition.ts';

/** A job selects its pods by its own uid, unless it brings a selector. */
export const jobRules: Partial<KindRules> = {
  prepareForCreate(job) {
    const { name, uid } = job.metadata;
    const template = job.spec?.['template'] as JsonObject | undefined;
    if (!job.spec || !template || job.spec['manualSelector'] === true) return;
    const labels = {
      ...(valueAt(template, 'metadata.labels') as JsonObject | undefined),
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    };
    template['metadata'] = { ...(template['metadata'] as JsonObject | undefined), labels };
    job.spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
    job.metadata.labels ??= { ...labels } as Record<string, string>;
  },
};
