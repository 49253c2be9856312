import type { Canary } from '../../api/canary.ts';
import type { CanaryService } from '../../api/service.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import type { SelectorLabel } from './naming.ts';

/** What the Services of one Canary are made from. */
export interface ServiceParts {
  readonly canary: Canary;
  readonly service: CanaryService;
  readonly target: KubeObject;
  readonly label: SelectorLabel;
}

export type ServiceRole = 'apex' | 'primary' | 'canary';

/** The three Services and what they are made from, as they were read. */
export interface ServiceObjects {
  /** Undefined while the target, or its selector label, is not there. */
  readonly parts: ServiceParts | undefined;
  readonly apex: KubeObject | undefined;
  readonly primary: KubeObject | undefined;
  readonly canary: KubeObject | undefined;
}
