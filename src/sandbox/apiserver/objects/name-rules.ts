import type { FieldFault } from './api-errors.ts';
import { fieldFault } from './field-faults.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const DNS_LABEL_RULE = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;
const DNS_SUBDOMAIN_RULE = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL}(\\.${LABEL})*')`;
const DNS_1035_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_RULE = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
const LABEL_VALUE_RULE = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`;

/** Why a name is none, one sentence a fault; an empty list for a good one. */
export type NameRule = (name: string) => string[];

export const dnsSubdomain: NameRule = rule(
  new RegExp(`^${LABEL}(\\.${LABEL})*$`),
  253,
  DNS_SUBDOMAIN_RULE,
);
export const dns1035Label: NameRule = rule(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 63, DNS_1035_RULE);

const plainLabel = rule(new RegExp(`^${LABEL}$`), 63, DNS_LABEL_RULE);

export const dnsLabel: NameRule = (name) =>
  name.includes('.') && dnsSubdomain(name).length === 0
    ? ['must not contain dots']
    : plainLabel(name);

/** Names of kinds that only have to fit into a path, such as roles. */
export const pathSegment: NameRule = (name) => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((one) => name.includes(one)).map((one) => `may not contain '${one}'`);
};

const isSubdomain = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const isQualified = new RegExp(`^${QUALIFIED}$`);

/** Keys of labels and annotations, finalizers: an optional DNS prefix and a name. */
export function qualifiedNameFaults(name: string): string[] {
  const parts = name.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const faults: string[] = [];
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const local = parts.at(-1) ?? '';
  if (prefix === '') faults.push('prefix part must be non-empty');
  else if (prefix !== undefined && !isSubdomain.test(prefix)) {
    faults.push(`prefix part ${DNS_SUBDOMAIN_RULE}`);
  }
  if (local === '') faults.push('name part must be non-empty');
  else if (local.length > 63) faults.push('name part must be no more than 63 characters');
  if (!isQualified.test(local)) faults.push(QUALIFIED_RULE);
  return faults;
}

export function labelFaults(labels: Record<string, string>, path: string): FieldFault[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameFaults(key).map((detail) => fieldFault.invalid(path, key, detail)),
    ...labelValueFaults(value).map((detail) => fieldFault.invalid(path, value, detail)),
  ]);
}

export function labelValueFaults(value: string): string[] {
  if (value.length > 63) return ['must be no more than 63 characters'];
  return value === '' || isQualified.test(value) ? [] : [LABEL_VALUE_RULE];
}

function rule(pattern: RegExp, longest: number, sentence: string): NameRule {
  return (name) => [
    ...(name.length > longest ? [`must be no more than ${longest} characters`] : []),
    ...(pattern.test(name) ? [] : [sentence]),
  ];
}
