import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { API_VERSION, GROUP, type Kind, KINDS, VERSION } from '../../src/api/group.ts';
import { manifestOf } from './bad-manifest.ts';
import { BAD_MANIFESTS } from './bad-manifests.ts';
import { GOOD } from './good-manifests.ts';

/** An API server that has Linnet's CustomResourceDefinitions, and a namespace named `default`. */
export interface Admission {
  /** Sends a POST; paths start at the root. */
  post(path: string, body: unknown): Promise<{ status: number; body: unknown }>;
}

/** Declares the tests of what an API server admits and refuses; nothing is ever stored. */
export function describeAdmission(server: () => Admission): void {
  describe('refuses at admission', () => {
    const rows = BAD_MANIFESTS.filter((row) => row.says.admission && !row.context);
    test.each(rows)('$kind: $wrong', async (row) => {
      const answer = await send(server(), row.kind, manifestOf(row));
      expect(answer.status).toBe(422);
      expect(causesOf(answer.body)).toContainEqual({
        field: row.field,
        message: expect.stringContaining(row.says.admission ?? '') as unknown,
      });
    });
  });

  describe('leaves to the controller', () => {
    const rows = BAD_MANIFESTS.filter((row) => !row.says.admission && !row.context);
    test.each(rows)('$kind: $wrong', async (row) => {
      expect(await send(server(), row.kind, manifestOf(row))).toMatchObject({ status: 201 });
    });
  });

  describe('admits', () => {
    test.each(KINDS)('a good $kind', async ({ kind }) => {
      expect(await send(server(), kind, GOOD[kind])).toMatchObject({ status: 201 });
    });

    test.each(readdirSync(FLAGGER))('%s of Flagger, and prunes nothing of it', async (file) => {
      const manifest = { ...fileOf(file), apiVersion: API_VERSION };
      const answer = await send(server(), manifest.kind, manifest);
      expect(answer).toMatchObject({ status: 201, body: { spec: manifest.spec } });
    });
  });
}

function send(server: Admission, kind: Kind, manifest: object) {
  const plural = KINDS.find((known) => known.kind === kind)?.plural;
  const path = `/apis/${GROUP}/${VERSION}/namespaces/default/${plural}?dryRun=All`;
  const { metadata } = manifest as { metadata: object };
  return server.post(path, { ...manifest, metadata: { ...metadata, namespace: 'default' } });
}

/** The refusals in a `Status`, one a field. */
function causesOf(body: unknown): { field: string; message: string }[] {
  const { details } = body as {
    details?: { causes?: { field: string; message: string }[] };
  };
  return (details?.causes ?? []).map(({ field, message }) => ({ field, message }));
}

const FLAGGER = new URL('flagger/', import.meta.url);

function fileOf(file: string): { kind: Kind; metadata: object; spec: object } {
  return parse(readFileSync(new URL(file, FLAGGER), 'utf8')) as ReturnType<typeof fileOf>;
}
