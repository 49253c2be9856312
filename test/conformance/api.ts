import { afterAll, beforeAll, describe } from 'vitest';
import type { ApiServer } from './api/api-server.ts';
import { describeConflicts } from './api/conflicts.ts';
import { describeJsonPatch } from './api/json-patch.ts';
import { describeMergePatch } from './api/merge-patch.ts';
import { describeStrategicMergePatch } from './api/strategic-merge-patch.ts';
import { describeWatches } from './api/watches.ts';
import { describeGeneration } from './api/generation.ts';
import { describeStatusSubresource } from './api/status-subresource.ts';
import { describeDryRun } from './api/dry-run.ts';
import { describeDeletion } from './api/deletion.ts';
import { describeServerSideApply } from './api/server-side-apply.ts';
import { describeCustomResources } from './api/custom-resources.ts';
import { describeFieldValidation } from './api/field-validation.ts';
import { describeRefusals } from './api/refusals.ts';
import { describeLists } from './api/lists.ts';
import { describeTables } from './api/tables.ts';
import { describeDiscovery } from './api/discovery.ts';
import { describeBuiltInKinds } from './api/built-in-kinds.ts';
import { describeScale } from './api/scale.ts';
import { defineWidgets, removeWidgets } from './api/widget-definition.ts';

/**
 * What Linnet, and people with kubectl, lean on in a Kubernetes API server that has Linnet's
 * CustomResourceDefinitions. Each expectation holds for the real server and for the sandbox's.
 */
export function describeApi(server: () => ApiServer): void {
  beforeAll(() => defineWidgets(server()));
  afterAll(() => removeWidgets(server()));

  describe('conflicts', () => describeConflicts(server));
  describe('JSON Patch', () => describeJsonPatch(server));
  describe('merge patch', () => describeMergePatch(server));
  describe('strategic merge patch', () => describeStrategicMergePatch(server));
  describe('watches', () => describeWatches(server));
  describe('generation', () => describeGeneration(server));
  describe('status', () => describeStatusSubresource(server));
  describe('dry run', () => describeDryRun(server));
  describe('deletion', () => describeDeletion(server));
  describe('server-side apply', () => describeServerSideApply(server));
  describe('custom resources', () => describeCustomResources(server));
  describe('unknown fields', () => describeFieldValidation(server));
  describe('refusals', () => describeRefusals(server));
  describe('lists', () => describeLists(server));
  describe('tables', () => describeTables(server));
  describe('discovery', () => describeDiscovery(server));
  describe('built-in kinds', () => describeBuiltInKinds(server));
  describe('scale', () => describeScale(server));
}
