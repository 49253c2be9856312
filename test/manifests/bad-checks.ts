import { type BadManifest, both } from './bad-manifest.ts';

/** Mistakes in the metrics, webhooks and alerts of a Canary. */
const CHECKS: Omit<BadManifest, 'kind'>[] = [
  {
    wrong: 'an unknown metric without a template',
    change: { 'spec.analysis.metrics.0.name': 'error-rate' },
    field: 'spec.analysis.metrics[0].name',
    says: both(
      "found 'error-rate', allowed is request-success-rate, request-duration, request-4xx-rate, request-cancelled-rate, response-size, cpu-utilization, memory-utilization, cpu-throttling or container-restarts, or another name together with templateRef or query",
    ),
  },
  {
    wrong: 'a metric without a name',
    change: { 'spec.analysis.metrics.0.name': undefined },
    field: 'spec.analysis.metrics[0].name',
    says: { admission: 'Required value', controller: 'found nothing, allowed is a text' },
  },
  {
    wrong: 'shell text as the name of a metric',
    change: { 'spec.analysis.metrics.0': { name: '$(reboot); `id`', query: 'up' } },
    field: 'spec.analysis.metrics[0].name',
    says: both("found '$(reboot); `id`', allowed is a metric name of at most 128 Latin letters"),
  },
  {
    wrong: 'Unicode in the name of a metric',
    change: { 'spec.analysis.metrics.0': { name: 'Fehler\u202eetar\u{1f4a5}', query: 'up' } },
    field: 'spec.analysis.metrics[0].name',
    says: both('allowed is a metric name of at most 128 Latin letters'),
  },
  {
    wrong: 'a metric name of two lines',
    change: { 'spec.analysis.metrics.0': { name: 'a\nb', query: 'up' } },
    field: 'spec.analysis.metrics[0].name',
    says: both('allowed is a metric name of at most 128 Latin letters'),
  },
  {
    wrong: 'a metric interval without a unit',
    change: { 'spec.analysis.metrics.1.interval': '60' },
    field: 'spec.analysis.metrics[1].interval',
    says: both("found '60', allowed is a duration of at least 1s"),
  },
  {
    wrong: 'thresholdRange with min above max',
    change: { 'spec.analysis.metrics.1.thresholdRange': { min: 500, max: 100 } },
    field: 'spec.analysis.metrics[1].thresholdRange.min',
    says: both('allowed is a number that is not above max'),
  },
  {
    wrong: 'a threshold in words',
    change: { 'spec.analysis.metrics.0.threshold': 'high' },
    field: 'spec.analysis.metrics[0].threshold',
    says: { admission: 'must be of type number', controller: "found 'high', allowed is a number" },
  },
  {
    wrong: 'a success rate above 100 percent',
    change: { 'spec.analysis.metrics.0.thresholdRange': { min: 101 } },
    field: 'spec.analysis.metrics[0].name',
    says: both('allowed is a threshold and a thresholdRange in percent, from 0 to 100'),
  },
  {
    wrong: 'a template without a name',
    change: { 'spec.analysis.metrics.0': { name: 'a', templateRef: { namespace: 'shared' } } },
    field: 'spec.analysis.metrics[0].templateRef.name',
    says: { admission: 'Required value', controller: 'found nothing' },
  },
  {
    wrong: 'a template in a namespace that cannot be',
    change: {
      'spec.analysis.metrics.0': { name: 'a', templateRef: { name: 'b', namespace: '../kube' } },
    },
    field: 'spec.analysis.metrics[0].templateRef.namespace',
    says: both("found '../kube', allowed is a name of at most 63"),
  },
  {
    wrong: 'an empty query',
    change: { 'spec.analysis.metrics.0': { name: 'a', query: '' } },
    field: 'spec.analysis.metrics[0].query',
    says: { admission: 'should be at least 1 chars long', controller: "found '', allowed is" },
  },
  {
    wrong: 'an unknown policy for no data',
    change: { 'spec.analysis.metrics.0.onNoData': 'ignore' },
    field: 'spec.analysis.metrics[0].onNoData',
    says: {
      admission: 'Unsupported value: "ignore"',
      controller: "allowed is one of 'hold', 'fail', 'pass'",
    },
  },
  {
    wrong: 'a comparison without a bound',
    change: { 'spec.analysis.metrics.0.compareToPrimary': {} },
    field: 'spec.analysis.metrics[0].compareToPrimary',
    says: both(
      'found none of them, allowed is at least one of maxRatio, maxDifference and minRatio',
    ),
  },
  {
    wrong: 'a least ratio of failures',
    change: { 'spec.analysis.metrics.0.compareToPrimary': { minRatio: 0.5 } },
    field: 'spec.analysis.metrics[0].compareToPrimary',
    says: both(
      'found minRatio, allowed is maxRatio and maxDifference where name is request-success-rate',
    ),
  },
  {
    wrong: 'a share of requests above 100 %',
    change: { 'spec.analysis.metrics.0': { name: 'request-4xx-rate', threshold: 101 } },
    field: 'spec.analysis.metrics[0].name',
    says: both('found request-4xx-rate with a bound that is no percentage, allowed is a threshold'),
  },
  {
    wrong: 'a comparison with ratio 0',
    change: { 'spec.analysis.metrics.0.compareToPrimary': { maxRatio: 0 } },
    field: 'spec.analysis.metrics[0].compareToPrimary.maxRatio',
    says: { admission: 'should be greater than 0', controller: 'found 0, allowed is above 0' },
  },
  {
    wrong: 'a webhook without a URL',
    change: { 'spec.analysis.webhooks.0.url': undefined },
    field: 'spec.analysis.webhooks[0].url',
    says: { admission: 'Required value', controller: 'found nothing' },
  },
  {
    wrong: 'a webhook URL that is no URL',
    change: { 'spec.analysis.webhooks.0.url': 'loadtester' },
    field: 'spec.analysis.webhooks[0].url',
    says: both('allowed is a URL that starts with http:// or https:// and names a host'),
  },
  {
    wrong: 'a webhook URL of another protocol',
    change: { 'spec.analysis.webhooks.0.url': 'file:///etc/passwd' },
    field: 'spec.analysis.webhooks[0].url',
    says: both('allowed is a URL that starts with http:// or https://'),
  },
  {
    wrong: 'a webhook URL whose port cannot be',
    change: { 'spec.analysis.webhooks.0.url': 'http://tester:99999/' },
    field: 'spec.analysis.webhooks[0].url',
    says: { controller: 'allowed is a URL' },
  },
  {
    wrong: 'a webhook name of two lines',
    change: { 'spec.analysis.webhooks.0.name': 'smoke\ntest' },
    field: 'spec.analysis.webhooks[0].name',
    says: both('allowed is a name of 1 to 253 characters on one line'),
  },
  {
    wrong: 'an unknown webhook type',
    change: { 'spec.analysis.webhooks.0.type': 'post-mortem' },
    field: 'spec.analysis.webhooks[0].type',
    says: {
      admission: 'Unsupported value: "post-mortem"',
      controller: "found 'post-mortem', allowed is one of 'confirm-rollout'",
    },
  },
  {
    wrong: 'a webhook timeout of zero',
    change: { 'spec.analysis.webhooks.0.timeout': '0s' },
    field: 'spec.analysis.webhooks[0].timeout',
    says: both("found '0s', allowed is a duration of at least 1ms"),
  },
  {
    wrong: 'a negative number of retries',
    change: { 'spec.analysis.webhooks.0.retries': -1 },
    field: 'spec.analysis.webhooks[0].retries',
    says: { admission: 'should be greater than or equal to 0', controller: 'from 0 to 100' },
  },
  {
    wrong: 'an unknown severity',
    change: { 'spec.analysis.alerts.0.severity': 'fatal' },
    field: 'spec.analysis.alerts[0].severity',
    says: {
      admission: 'Unsupported value: "fatal"',
      controller: "found 'fatal', allowed is one of 'info', 'warn', 'error'",
    },
  },
  {
    wrong: 'an alert without a provider',
    change: { 'spec.analysis.alerts.0.providerRef': undefined },
    field: 'spec.analysis.alerts[0].providerRef',
    says: { admission: 'Required value', controller: 'found nothing, allowed is a map of fields' },
  },
];

export const BAD_CHECKS: BadManifest[] = CHECKS.map((row) => ({ kind: 'Canary', ...row }));
