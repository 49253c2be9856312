import { type BadManifest, both } from './bad-manifest.ts';

/** Mistakes below `spec.analysis`, its metrics, webhooks and alerts apart. */
const ANALYSES: Omit<BadManifest, 'kind'>[] = [
  {
    wrong: 'iterations and stepWeight together',
    change: { 'spec.analysis.iterations': 10 },
    field: 'spec.analysis',
    says: both(
      'found iterations set, stepWeight set, stepWeights unset, allowed is exactly one of',
    ),
  },
  {
    wrong: 'stepWeight and stepWeights together',
    change: { 'spec.analysis.stepWeights': [10, 20] },
    field: 'spec.analysis',
    says: both(
      'found iterations unset, stepWeight set, stepWeights set, allowed is exactly one of',
    ),
  },
  {
    wrong: 'neither iterations nor weights',
    change: { 'spec.analysis.stepWeight': undefined },
    field: 'spec.analysis',
    says: both('found iterations unset, stepWeight unset, stepWeights unset'),
  },
  {
    wrong: 'iterations 0',
    change: { 'spec.analysis.stepWeight': undefined, 'spec.analysis.iterations': 0 },
    field: 'spec.analysis.iterations',
    says: {
      admission: 'should be greater than or equal to 1',
      controller: 'found 0, allowed is a whole number from 1 to 100000',
    },
  },
  {
    wrong: 'stepWeights that descend',
    change: { 'spec.analysis.stepWeight': undefined, 'spec.analysis.stepWeights': [20, 10, 50] },
    field: 'spec.analysis.stepWeights',
    says: both('allowed is a list of weights from 0 to 100, each above the one before it'),
  },
  {
    wrong: 'stepWeights that repeat a weight',
    change: { 'spec.analysis.stepWeight': undefined, 'spec.analysis.stepWeights': [10, 10] },
    field: 'spec.analysis.stepWeights',
    says: both('each above the one before it'),
  },
  {
    wrong: 'no stepWeights in the list',
    change: { 'spec.analysis.stepWeight': undefined, 'spec.analysis.stepWeights': [] },
    field: 'spec.analysis.stepWeights',
    says: { admission: 'should have at least 1 items', controller: 'at least 1' },
  },
  {
    wrong: 'a weight of 101 among stepWeights',
    change: { 'spec.analysis.stepWeight': undefined, 'spec.analysis.stepWeights': [10, 101] },
    field: 'spec.analysis.stepWeights[1]',
    says: {
      admission: 'should be less than or equal to 100',
      controller: 'found 101, allowed is a whole number from 0 to 100',
    },
  },
  {
    wrong: 'maxWeight 101',
    change: { 'spec.analysis.maxWeight': 101 },
    field: 'spec.analysis.maxWeight',
    says: {
      admission: 'should be less than or equal to 100',
      controller: 'found 101, allowed is a whole number from 1 to 100',
    },
  },
  {
    wrong: 'a negative stepWeight',
    change: { 'spec.analysis.stepWeight': -5 },
    field: 'spec.analysis.stepWeight',
    says: {
      admission: 'should be greater than or equal to 1',
      controller: 'found -5, allowed is a whole number from 1 to 100',
    },
  },
  {
    wrong: 'half a percent as stepWeight',
    change: { 'spec.analysis.stepWeight': 0.5 },
    field: 'spec.analysis.stepWeight',
    says: {
      admission: 'must be of type integer',
      controller: 'found 0.5, allowed is a whole number from 1 to 100',
    },
  },
  {
    wrong: 'a weight in quotes',
    change: { 'spec.analysis.maxWeight': '50' },
    field: 'spec.analysis.maxWeight',
    says: {
      admission: 'must be of type integer',
      controller: "found '50', allowed is a whole number from 1 to 100",
    },
  },
  {
    wrong: 'stepWeightPromotion 0',
    change: { 'spec.analysis.stepWeightPromotion': 0 },
    field: 'spec.analysis.stepWeightPromotion',
    says: { admission: 'should be greater than or equal to 1', controller: 'found 0' },
  },
  {
    wrong: 'interval 5 without a unit',
    change: { 'spec.analysis.interval': '5' },
    field: 'spec.analysis.interval',
    says: both("found '5', allowed is a duration of at least 1s, such as 30s or 1m30s"),
  },
  {
    wrong: 'interval as a number',
    change: { 'spec.analysis.interval': 30 },
    field: 'spec.analysis.interval',
    says: { admission: 'must be of type string', controller: 'found 30, allowed is a text' },
  },
  {
    wrong: 'interval of zero',
    change: { 'spec.analysis.interval': '0s' },
    field: 'spec.analysis.interval',
    says: both("found '0s', allowed is a duration of at least 1s"),
  },
  {
    wrong: 'interval below a second',
    change: { 'spec.analysis.interval': '999ms' },
    field: 'spec.analysis.interval',
    says: both("found '999ms', allowed is a duration of at least 1s"),
  },
  {
    wrong: 'a negative interval',
    change: { 'spec.analysis.interval': '-1m' },
    field: 'spec.analysis.interval',
    says: both("found '-1m', allowed is a duration"),
  },
  {
    wrong: 'an empty interval',
    change: { 'spec.analysis.interval': '' },
    field: 'spec.analysis.interval',
    says: both("found '', allowed is a duration"),
  },
  {
    wrong: 'an interval with units out of order',
    change: { 'spec.analysis.interval': '30s1m' },
    field: 'spec.analysis.interval',
    says: both("found '30s1m', allowed is a duration"),
  },
  {
    wrong: 'cron with six wrong fields',
    change: { 'spec.analysis.schedule': '99 99 99 99 99 99' },
    field: 'spec.analysis.schedule',
    says: both("found '99 99 99 99 99 99', allowed is a cron expression of five fields"),
  },
  {
    wrong: 'cron with seven fields',
    change: { 'spec.analysis.schedule': '0 0 0 * * * 2027' },
    field: 'spec.analysis.schedule',
    says: both('allowed is a cron expression of five fields'),
  },
  {
    wrong: 'cron with a step of zero',
    change: { 'spec.analysis.schedule': '*/0 * * * *' },
    field: 'spec.analysis.schedule',
    says: both("found '*/0 * * * *'"),
  },
  {
    wrong: 'an unknown time zone',
    change: { 'spec.analysis.schedule': '@hourly', 'spec.analysis.timeZone': 'Mars/Olympus' },
    field: 'spec.analysis.timeZone',
    says: { controller: "found 'Mars/Olympus', allowed is an IANA time zone" },
  },
  {
    wrong: 'a time zone with spaces',
    change: { 'spec.analysis.timeZone': 'Central European Time' },
    field: 'spec.analysis.timeZone',
    says: both("found 'Central European Time', allowed is an IANA time zone"),
  },
  {
    wrong: 'a negative threshold',
    change: { 'spec.analysis.threshold': -1 },
    field: 'spec.analysis.threshold',
    says: { admission: 'should be greater than or equal to 0', controller: 'found -1' },
  },
  {
    wrong: 'primaryReadyThreshold 101',
    change: { 'spec.analysis.primaryReadyThreshold': 101 },
    field: 'spec.analysis.primaryReadyThreshold',
    says: { admission: 'should be less than or equal to 100', controller: 'from 0 to 100' },
  },
  {
    wrong: 'mirrorWeight 200',
    change: { 'spec.analysis.mirrorWeight': 200 },
    field: 'spec.analysis.mirrorWeight',
    says: { admission: 'should be less than or equal to 100', controller: 'from 1 to 100' },
  },
  {
    wrong: 'a cookie name with a semicolon',
    change: { 'spec.analysis.sessionAffinity': { cookieName: 'a; Domain=evil' } },
    field: 'spec.analysis.sessionAffinity.cookieName',
    says: both('allowed is the name of a cookie'),
  },
  {
    wrong: 'a cookie path with a semicolon',
    change: { 'spec.analysis.sessionAffinity': { cookieName: 'a', path: '/; HttpOnly' } },
    field: 'spec.analysis.sessionAffinity.path',
    says: both("found '/; HttpOnly', allowed is a path that starts with /"),
  },
  {
    wrong: 'session affinity without a cookie',
    change: { 'spec.analysis.sessionAffinity': { maxAge: 60 } },
    field: 'spec.analysis.sessionAffinity.cookieName',
    says: { admission: 'Required value', controller: 'found nothing, allowed is a text' },
  },
  {
    wrong: 'maxHold that is no duration',
    change: { 'spec.analysis.maxHold': 'forever' },
    field: 'spec.analysis.maxHold',
    says: both("found 'forever', allowed is a duration of at least 1s"),
  },
  {
    wrong: 'an unknown sensitivity of the guard',
    change: { 'spec.analysis.guard': { sensitivity: 'paranoid' } },
    field: 'spec.analysis.guard.sensitivity',
    says: {
      admission: 'Unsupported value: "paranoid"',
      controller: "found 'paranoid', allowed is one of 'low', 'normal', 'high'",
    },
  },
  {
    wrong: 'an slo of 100 percent',
    change: { 'spec.analysis.guard': { errors: { slo: 100 } } },
    field: 'spec.analysis.guard.errors.slo',
    says: { admission: 'should be less than 100', controller: 'found 100, allowed is below 100' },
  },
];

export const BAD_ANALYSES: BadManifest[] = ANALYSES.map((row) => ({ kind: 'Canary', ...row }));
