import { BAD_ANALYSES } from './bad-analyses.ts';
import { BAD_CHECKS } from './bad-checks.ts';
import { type BadManifest, both } from './bad-manifest.ts';
import { BAD_SPECS } from './bad-specs.ts';

const TEMPLATES: Omit<BadManifest, 'kind'>[] = [
  {
    wrong: 'a template without a query',
    change: { 'spec.query': undefined },
    field: 'spec.query',
    says: { admission: 'Required value', controller: 'found nothing, allowed is a text' },
  },
  {
    wrong: 'a template with an empty query',
    change: { 'spec.query': '' },
    field: 'spec.query',
    says: { admission: 'should be at least 1 chars long', controller: "found ''" },
  },
  {
    wrong: 'a template without a provider',
    change: { 'spec.provider': undefined },
    field: 'spec.provider',
    says: { admission: 'Required value', controller: 'found nothing' },
  },
  {
    wrong: 'a template of an unknown provider',
    change: { 'spec.provider.type': 'abacus' },
    field: 'spec.provider.type',
    says: {
      admission: 'Unsupported value: "abacus"',
      controller: "found 'abacus', allowed is one of 'prometheus'",
    },
  },
  {
    wrong: 'a template address that is no URL',
    change: { 'spec.provider.address': 'prometheus.monitoring' },
    field: 'spec.provider.address',
    says: both('allowed is a URL that starts with http:// or https://'),
  },
  {
    wrong: 'a web template without an address',
    change: { 'spec.provider': { type: 'web' } },
    field: 'spec.provider.address',
    says: both('found nothing, allowed is the URL that a query of type web goes to'),
  },
  {
    wrong: 'a path into JSON for a store that has one of its own',
    change: { 'spec.provider.jsonPath': '$.data' },
    field: 'spec.provider.type',
    says: both("found 'prometheus', allowed is web, where jsonPath or body is set"),
  },
];

const PROVIDERS: Omit<BadManifest, 'kind'>[] = [
  {
    wrong: 'a Slack URL that is no URL',
    change: {
      'spec.secretRef': undefined,
      'spec.address': 'hooks.slack.com/services/T0/B0/s3cr3t',
    },
    field: 'spec.address',
    says: both('found a text that is not shown, since it may hold a credential'),
  },
  {
    wrong: 'a provider without address and Secret',
    change: { 'spec.secretRef': undefined },
    field: 'spec',
    says: both('found address unset, secretRef unset, allowed is address, secretRef or both'),
  },
  {
    wrong: 'a provider of an unknown type',
    change: { 'spec.type': 'carrier-pigeon' },
    field: 'spec.type',
    says: {
      admission: 'Unsupported value: "carrier-pigeon"',
      controller: "found 'carrier-pigeon', allowed is one of 'slack'",
    },
  },
  {
    wrong: 'a provider without a type',
    change: { 'spec.type': undefined },
    field: 'spec.type',
    says: { admission: 'Required value', controller: 'found nothing' },
  },
  {
    wrong: 'a proxy that is no URL',
    change: { 'spec.proxy': 'proxy:3128' },
    field: 'spec.proxy',
    says: both('allowed is a URL that starts with http:// or https://'),
  },
  {
    wrong: 'a Secret with a path for a name',
    change: { 'spec.secretRef.name': '../admin' },
    field: 'spec.secretRef.name',
    says: both("found '../admin', allowed is a name of at most 253"),
  },
];

/** Every mistake that is known to be made; each suite walks the rows that it can see. */
export const BAD_MANIFESTS: BadManifest[] = [
  ...BAD_SPECS,
  ...BAD_ANALYSES,
  ...BAD_CHECKS,
  ...TEMPLATES.map((row): BadManifest => ({ kind: 'MetricTemplate', ...row })),
  ...PROVIDERS.map((row): BadManifest => ({ kind: 'AlertProvider', ...row })),
];
