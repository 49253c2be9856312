/** The API group and its kinds, as they appear in manifests and in request paths. */
export const GROUP = 'linnet.dev';
export const VERSION = 'v1beta1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;

export const CANARIES = { kind: 'Canary', plural: 'canaries' } as const;
export const METRIC_TEMPLATES = { kind: 'MetricTemplate', plural: 'metrictemplates' } as const;
export const ALERT_PROVIDERS = { kind: 'AlertProvider', plural: 'alertproviders' } as const;

export const KINDS = [CANARIES, METRIC_TEMPLATES, ALERT_PROVIDERS] as const;
export type Kind = (typeof KINDS)[number]['kind'];
