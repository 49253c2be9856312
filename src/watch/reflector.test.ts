import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { added, refused, ScriptedWatch } from '../../test/builders/scripted-watch.ts';
import type { KubeObject } from '../ports/cluster.ts';
import { DEPLOYMENT, VIRTUAL_SERVICE } from '../ports/kinds.ts';
import type { Log } from './log.ts';
import { type Reflector, type ReflectorOptions, startReflector } from './reflector.ts';

const MINUTE = 60_000;

let api: ScriptedWatch;
let heard: string[];
let logged: string[];
let reflector: Reflector;
let breakSink: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  api = new ScriptedWatch();
  heard = [];
  logged = [];
  breakSink = false;
});
afterEach(() => {
  reflector.stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const log: Log = {
  info: (_, message) => logged.push(`info ${message}`),
  warn: (_, message) => logged.push(`warn ${message}`),
  error: (_, message) => logged.push(`error ${message}`),
};

async function start(options: Partial<ReflectorOptions> = {}): Promise<void> {
  const sink = {
    mark: () => 0,
    replaceAll: (_: unknown, { items }: { items: readonly KubeObject[] }) => {
      heard.push(`= ${items.map(({ metadata }) => metadata.name).join(' ')}`.trim());
    },
    apply: (_: unknown, { type, object }: { type: string; object: KubeObject }) => {
      if (breakSink) throw new Error('a bug');
      heard.push(`${type} ${object.metadata.name}`);
    },
  };
  reflector = startReflector({ api, kinds: [DEPLOYMENT], sink, log, ...options });
  await settle();
}

/** Everything that can happen without time passing happens. */
const settle = () => vi.advanceTimersByTimeAsync(0);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function deployment(name: string, resourceVersion: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'shop', name, resourceVersion },
  };
}

async function hear(name: string, resourceVersion: string): Promise<void> {
  api.last.send(added(deployment(name, resourceVersion)));
  await settle();
}

async function bookmark(resourceVersion: string): Promise<void> {
  api.last.send({ type: 'BOOKMARK', resourceVersion });
  await settle();
}

describe('a reflector', () => {
  it('lists, then watches from there', async () => {
    api.answer = () => ({ resourceVersion: '7', items: [deployment('web', '5')] });
    await start({ namespace: 'shop', metadataOnly: true });
    await reflector.listed;
    await hear('api', '8');
    expect(api.asked).toEqual(['list', 'watch 7']);
    expect(api.last.options).toMatchObject({ namespace: 'shop', metadataOnly: true });
    expect(heard).toEqual(['= web', 'ADDED api']);
    expect(reflector.health()).toMatchObject({ state: 'watching', silentMs: 0, failures: 0 });
  });

  it('goes on where a watch has ended', async () => {
    await start();
    await hear('web', '8');
    await bookmark('12');
    await pass(10_000);
    api.last.end();
    await settle();
    expect(api.asked).toEqual(['list', 'watch 1', 'watch 12']);
    expect(heard).toEqual(['=', 'ADDED web']);
  });

  it('goes on where a watch was cut', async () => {
    await start();
    await hear('web', '8');
    api.last.fail(refused(0, 'NoAnswer'));
    await settle();
    expect(reflector.health()).toMatchObject({ failures: 1, lastError: 'NoAnswer' });
    await pass(1_000);
    expect(api.asked).toEqual(['list', 'watch 1', 'watch 8']);
  });

  it('lists again when its version becomes too old', async () => {
    await start();
    await hear('web', '8');
    api.last.fail(refused(410, 'Expired'));
    await settle();
    expect(api.asked).toEqual(['list', 'watch 1', 'list', 'watch 1']);
    expect(heard).toEqual(['=', 'ADDED web', '=']);
  });

  it('lists again when its version has become too old between two watches', async () => {
    await start();
    await hear('web', '8');
    await pass(6_000);
    api.admit = () => {
      api.admit = () => undefined;
      throw refused(410, 'Expired');
    };
    api.last.end();
    await pass(1_000);
    expect(api.asked).toEqual(['list', 'watch 1', 'watch 8', 'list', 'watch 1']);
  });

  it('does not go round and round when every version is too old', async () => {
    api.admit = () => {
      throw refused(410, 'Expired');
    };
    await start();
    await pass(MINUTE);
    expect(api.asked.length).toBeLessThan(20);
    expect(api.asked.length).toBeGreaterThan(8);
  });

  it('lists until the server is there, and waits as long as it asks for', async () => {
    const answers = [refused(503, 'ServiceUnavailable'), refused(429, 'TooManyRequests', 20_000)];
    api.answer = () => {
      const error = answers.shift();
      if (error !== undefined) throw error;
      return { resourceVersion: '7', items: [] };
    };
    await start();
    expect(reflector.health()).toMatchObject({ state: 'listing', silentMs: Infinity });
    await pass(1_000);
    expect(api.asked).toEqual(['list', 'list']);
    await pass(19_000);
    expect(api.asked).toEqual(['list', 'list']);
    await pass(3_000);
    expect(api.asked).toEqual(['list', 'list', 'list', 'watch 7']);
    await reflector.listed;
  });

  it('asks more and more rarely while the server is down, and no replica like another', async () => {
    api.answer = () => {
      throw refused(503, 'ServiceUnavailable');
    };
    await start();
    await pass(10 * MINUTE);
    const calm = api.asked.length;
    expect(calm).toBeLessThan(35);
    vi.mocked(Math.random).mockReturnValue(0);
    await pass(10 * MINUTE);
    expect(api.asked.length - calm).toBeGreaterThan(calm * 1.2);
  });

  it.each([
    ['refused', () => undefined],
    ['ended at once', () => api.last.end()],
    ['garbled', () => api.last.fail(refused(0, 'NoAnswer'))],
  ])('no longer trusts its version when watches are %s again and again', async (how, spoil) => {
    if (how === 'refused') {
      api.admit = () => {
        throw refused(504, 'Timeout');
      };
    }
    await start();
    for (let n = 0; n < 3; n++) {
      if (how !== 'refused') spoil();
      await pass(3_000);
    }
    await pass(5_000);
    expect(api.asked.slice(0, 5)).toEqual(['list', 'watch 1', 'watch 1', 'watch 1', 'list']);
  });

  it('takes a watch that has fallen silent for dead', async () => {
    await start();
    await pass(80_000);
    await bookmark('9');
    await pass(80_000);
    expect(api.asked).toEqual(['list', 'watch 1']);
    await pass(15_000);
    expect(api.asked).toEqual(['list', 'watch 1', 'list', 'watch 1']);
    expect(logged).toEqual(['warn watch has fallen silent: listing again']);
  });

  it('leaves a dead watch even if that takes no notice', async () => {
    api.deaf = true;
    await start();
    const dead = api.last;
    await pass(95_000);
    expect(api.asked).toEqual(['list', 'watch 1', 'list', 'watch 1']);
    dead.send(added(deployment('ghost', '99')));
    await settle();
    await hear('web', '8');
    expect(heard).toEqual(['=', '=', 'ADDED web']);
  });

  it('shows how long it has heard nothing', async () => {
    await start();
    api.answer = () => {
      throw refused(503, 'ServiceUnavailable');
    };
    await pass(200_000);
    expect(reflector.health().silentMs).toBe(200_000);
    expect(reflector.health().failures).toBeGreaterThan(2);
  });

  it('survives a handler that throws', async () => {
    await start();
    breakSink = true;
    await hear('web', '8');
    breakSink = false;
    await hear('api', '9');
    expect(heard).toEqual(['=', 'ADDED api']);
    expect(logged).toEqual(['error an event was not understood']);
    expect(reflector.health().failures).toBe(0);
  });
});

describe('stopping', () => {
  it('ends the watch', async () => {
    await start();
    reflector.stop();
    expect(api.last.options.signal.aborted).toBe(true);
    await pass(10 * MINUTE);
    expect(api.asked).toEqual(['list', 'watch 1']);
    expect(reflector.health().state).toBe('stopped');
  });

  it('lets nothing through that comes late', async () => {
    api.deaf = true;
    await start();
    reflector.stop();
    await hear('web', '8');
    expect(heard).toEqual(['=']);
  });

  it('opens no watch after a list that was under way', async () => {
    let answer: () => void = () => undefined;
    api.answer = () =>
      new Promise((resolve) => (answer = () => resolve({ resourceVersion: '7', items: [] })));
    await start();
    reflector.stop();
    answer();
    await pass(10 * MINUTE);
    expect(api.asked).toEqual(['list']);
    expect(heard).toEqual([]);
  });

  it('opens no watch after a pause that was under way', async () => {
    await start();
    api.last.fail(refused(500, 'InternalError'));
    await settle();
    reflector.stop();
    await pass(10 * MINUTE);
    expect(api.asked).toEqual(['list', 'watch 1']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a kind that need not be there', () => {
  const others = ['v1beta1', 'v1alpha3'].map((version) => ({ ...VIRTUAL_SERVICE, version }));
  const missing = () => {
    throw refused(404, 'NotFound');
  };

  it('is empty while it is missing, and found when it comes', async () => {
    api.answer = missing;
    await start({ kinds: [VIRTUAL_SERVICE], optional: true });
    await reflector.listed;
    expect(heard).toEqual(['=']);
    await pass(5 * MINUTE);
    expect(api.asked).toHaveLength(11);
    expect(reflector.health()).toMatchObject({ state: 'missing' });
    expect(reflector.served()).toBeUndefined();
    expect(reflector.health().silentMs).toBeLessThan(MINUTE);
    expect(logged).toEqual(['warn kind is not installed: it is looked for again and again']);
    api.answer = () => ({ resourceVersion: '7', items: [deployment('routes', '7')] });
    await pass(35_000);
    expect(heard).toEqual(['=', '= routes']);
    expect(reflector.served()).toEqual(VIRTUAL_SERVICE);
    expect(logged[1]).toBe('info kind is now installed');
  });

  it('is taken in the version that is served', async () => {
    const versions: string[] = [];
    const served: ReflectorOptions['api'] = {
      list: async (kind) => {
        versions.push(kind.version);
        return kind.version === 'v1beta1' ? { resourceVersion: '7', items: [] } : missing();
      },
      watch: api.watch,
    };
    await start({ api: served, kinds: [VIRTUAL_SERVICE, ...others], optional: true });
    expect(versions).toEqual(['v1', 'v1beta1']);
    expect(reflector.served()?.version).toBe('v1beta1');
    expect(api.asked).toEqual(['watch 7']);
  });

  it('is emptied when it is removed', async () => {
    api.answer = () => ({ resourceVersion: '7', items: [deployment('routes', '7')] });
    await start({ kinds: [VIRTUAL_SERVICE], optional: true });
    api.answer = missing;
    api.last.fail(refused(404, 'NotFound'));
    await pass(MINUTE);
    expect(heard).toEqual(['= routes', '=']);
    expect(reflector.health().state).toBe('missing');
  });

  it('is not emptied because reading it is forbidden for a while', async () => {
    await start({ kinds: [VIRTUAL_SERVICE], optional: true });
    api.answer = () => {
      throw refused(403, 'Forbidden');
    };
    api.last.fail(refused(403, 'Forbidden'));
    await pass(MINUTE);
    expect(heard).toEqual(['=']);
  });

  it('counts as an outage when it must be there', async () => {
    api.answer = missing;
    await start();
    await pass(5 * MINUTE);
    expect(heard).toEqual([]);
    expect(reflector.health()).toMatchObject({ state: 'listing', lastError: 'NotFound' });
  });
});
