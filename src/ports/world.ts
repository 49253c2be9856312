import type { Canary } from '../api/canary.ts';
import type { Message } from '../api/status.ts';
import type { Alerts } from './alerts.ts';
import type { Canaries, CanaryKey } from './canaries.ts';
import type { Clock } from './clock.ts';
import type { ClusterReader } from './cluster.ts';
import type { EvidenceStore } from './evidence.ts';
import type { Hooks } from './hooks.ts';
import type { Preflight } from './preflight.ts';
import type { Router } from './router.ts';
import type { Services } from './services.ts';
import type { Telemetry } from './telemetry.ts';
import type { Problem, Workload } from './workload.ts';

/** Everything a reconcile may touch, behind its seams. `main.ts` fills it with adapters. */
export interface World {
  readonly clock: Clock;
  readonly canaries: Canaries;
  readonly workload: Workload;
  readonly services: Services;
  readonly routerFor: (canary: Canary) => Router;
  readonly telemetry: Telemetry;
  readonly evidence: EvidenceStore;
  readonly hooks: Hooks;
  readonly alerts: Alerts;
  readonly preflight: Preflight;
  readonly courier: Courier;
  readonly readers: { readonly cached: ClusterReader; readonly live: ClusterReader };
  readonly memory: Memory;
  readonly settings: Settings;
}

export interface Settings {
  /** Least time in milliseconds that requests under way get to end. */
  readonly drainMs: number;
  /** Whether a Canary may name templates, providers and routes of other namespaces. */
  readonly crossNamespaceRefs: boolean;
  /** Whether a provider is configured for the messages that no alert of the Canary claims. */
  readonly defaultProvider: boolean;
}

/** Carries messages of the outbox to their providers, in the background. */
export interface Courier {
  /** Idempotent: a message that is already on its way is not sent twice. Never blocks, never rejects. */
  dispatch(canary: Canary, message: Message, provider: string): void;
}

/** A provider took a message: which by number and time of writing, and when it did. */
export interface AcceptedMessage {
  readonly n: number;
  readonly written: string;
  readonly provider: string;
  readonly at: number;
}

/**
 * What one process remembers between two looks at a canary. Losing it costs nothing but a repeated
 * request: it is no state (DESIGN, law 1).
 */
export interface Memory {
  /** Messages that providers accepted and that no status has acknowledged yet. */
  accepted(key: CanaryKey): readonly AcceptedMessage[];
  /** Writes that the API server refused for good when the canary was last acted on. */
  refusals(key: CanaryKey): readonly Problem[];
  setRefusals(key: CanaryKey, refusals: readonly Problem[]): void;
  /** When preflight last looked, in milliseconds since 1970. */
  preflightAt(key: CanaryKey): number | undefined;
  setPreflightAt(key: CanaryKey, at: number): void;
  /** Since when people are told that the canary is given back, in milliseconds since 1970. */
  farewellAt(key: CanaryKey): number | undefined;
  setFarewellAt(key: CanaryKey, at: number): void;
}
