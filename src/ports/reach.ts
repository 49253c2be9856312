import type { LookupFunction } from 'node:net';

/** What `--allowed-hosts` says. */
export interface AllowedHosts {
  /** In lower case: `hooks.slack.com`, `*.example.com` for every name below it, `*` for any host. */
  readonly names: readonly string[];
  readonly ranges: readonly AddressRange[];
}

export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/**
 * Where URLs that stand in manifests and Secrets may lead Linnet: webhooks, chats, proxies, metrics
 * stores. Whoever may write a Canary must not reach by Linnet what is closed to them.
 */
export interface Reach {
  /**
   * Why a URL is not called: one sentence about `the address` that shows nothing of it, as it may be
   * a credential. Undefined when it may be called as far as that can be told without resolving its
   * name; `lookup` tells the rest. What a proxy resolves nobody here sees: then the name must do.
   */
  refusal(url: URL, resolvedBy: 'linnet' | 'proxy'): string | undefined;
  /**
   * For sockets: resolves a name, and fails with `OutOfReach` when it leads where nothing may. It is
   * asked for the very connection that is made, so that a name cannot change its mind after a check.
   */
  readonly lookup: LookupFunction;
}

/** A connection that was refused; the message is the sentence of `Reach.refusal`. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
  readonly code = 'OUT_OF_REACH';
}

/** The sentence of the `OutOfReach` that caused an error; undefined when none did. */
export function outOfReach(error: unknown): string | undefined {
  if (error instanceof OutOfReach) return error.message;
  if (error instanceof AggregateError) return outOfReach(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? outOfReach(error.cause) : undefined;
}
