import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { API_VERSION } from './group.ts';
import { parseAlertProvider, parseCanary, parseMetricTemplate } from './parse.ts';

const FOLDER = new URL('../../test/manifests/flagger/', import.meta.url);

const parsers = {
  Canary: parseCanary,
  MetricTemplate: parseMetricTemplate,
  AlertProvider: parseAlertProvider,
};

interface Manifest {
  apiVersion: string;
  kind: keyof typeof parsers;
  spec: Record<string, unknown>;
}

/** A manifest written for Flagger, moved over the way a team does it. */
function moved(file: string): Manifest {
  const manifest = parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Manifest;
  expect(manifest.apiVersion).toBe('flagger.app/v1beta1');
  return { ...manifest, apiVersion: API_VERSION };
}

/** What parsing is meant to change: older names and empty texts. */
function withoutOlderForms(spec: Record<string, unknown>): unknown {
  const { canaryAnalysis, ...rest } = spec;
  const present = canaryAnalysis === undefined ? rest : { ...rest, analysis: canaryAnalysis };
  return JSON.parse(JSON.stringify(present), (key, value: unknown) => {
    if (key === 'type' && value === '') return 'rollout';
    if (key === 'severity' && value === '') return 'info';
    return key === 'threshold' && value === 0 ? 1 : value;
  });
}

describe('a manifest written for Flagger needs no change but its group', () => {
  test.each(readdirSync(FOLDER))('%s', (file) => {
    const manifest = moved(file);
    const read = parsers[manifest.kind](manifest);

    expect(read).toMatchObject({ ok: true });
    const [, value] = Object.entries(read).find(([key]) => key !== 'ok') ?? [];
    expect(value).toMatchObject({ kind: manifest.kind, spec: withoutOlderForms(manifest.spec) });
  });
});
