import type { CanaryKey } from '../ports/canaries.ts';
import type { Log } from './log.ts';

/** Gathers the keys of canaries to look at, and hands them on together. */
export interface WakeUps {
  /** Keys as `namespace/name`. */
  wake(keys: Iterable<string>): void;
  /** Until then keys are only gathered. */
  begin(): void;
  /** Nothing is handed on any more. */
  end(): void;
}

/**
 * Events come in bursts, and one look at a canary serves a whole burst: its keys go out once what
 * has arrived is in the store.
 */
export function wakeUps(onKeys: (keys: readonly CanaryKey[]) => void, log: Log): WakeUps {
  const gathered = new Set<string>();
  let state: 'gathering' | 'begun' | 'ended' = 'gathering';
  let scheduled: NodeJS.Immediate | undefined;

  function handOn(): void {
    scheduled = undefined;
    const keys = [...gathered].map(keyFrom);
    gathered.clear();
    try {
      onKeys(keys);
    } catch (error) {
      log.error({ err: error, keys: keys.length }, 'keys could not be handed on');
    }
  }

  function schedule(): void {
    if (state === 'begun' && gathered.size > 0) scheduled ??= setImmediate(handOn);
  }

  return {
    wake(keys) {
      for (const key of keys) gathered.add(key);
      schedule();
    },
    begin() {
      if (state === 'gathering') state = 'begun';
      schedule();
    },
    end() {
      state = 'ended';
      clearImmediate(scheduled);
    },
  };
}

function keyFrom(text: string): CanaryKey {
  const [namespace = '', name = ''] = text.split('/');
  return { namespace, name };
}
