import type { JsonObject } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';

/** Questions about access, answered and not stored. Whoever asks is allowed everything. */
export interface ReviewResource {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  answer(question: JsonObject): JsonObject;
}

const AUTHORIZATION = { group: 'authorization.k8s.io', version: 'v1' };
const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1' };
const ADMIN = { username: 'sandbox-admin', groups: ['system:masters', 'system:authenticated'] };

const allowed = (): JsonObject => ({ allowed: true, reason: 'the sandbox allows everything' });

export const REVIEWS: readonly ReviewResource[] = [
  review(AUTHORIZATION, 'SelfSubjectAccessReview', allowed),
  review(AUTHORIZATION, 'SubjectAccessReview', allowed),
  { ...review(AUTHORIZATION, 'LocalSubjectAccessReview', allowed), namespaced: true },
  review(AUTHORIZATION, 'SelfSubjectRulesReview', () => ({
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  })),
  review(AUTHENTICATION, 'SelfSubjectReview', () => ({ userInfo: ADMIN })),
  review(AUTHENTICATION, 'TokenReview', () => ({ authenticated: true, user: ADMIN })),
];

export function findReview(
  group: string,
  version: string,
  resource: string,
): ReviewResource | undefined {
  return REVIEWS.find(
    (one) => one.group === group && one.version === version && one.resource === resource,
  );
}

/** The question with its answer as status. */
export function answerReview(review: ReviewResource, question: unknown): JsonObject {
  const asked = isJsonObject(question) ? question : {};
  return {
    kind: review.kind,
    apiVersion: `${review.group}/${review.version}`,
    metadata: {},
    spec: asked['spec'] ?? {},
    status: review.answer(asked),
  };
}

function review(
  { group, version }: { group: string; version: string },
  kind: string,
  answer: (question: JsonObject) => JsonObject,
): ReviewResource {
  return { group, version, resource: `${kind.toLowerCase()}s`, kind, namespaced: false, answer };
}
