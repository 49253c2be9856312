import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CANARY_KIND, EVENT } from '../../src/ports/kinds.ts';
import type { RawApi } from '../cluster/kube/api-client.ts';

/** Every planted secret begins and ends so: whoever shows a part of one is found out too. */
const MARK = 'pl4nted0s3cret';
const END = 't0ld0f1t5t41l';

/** A secret that is never to be seen again, except by whom it is for. */
export function plant(): string {
  return `${MARK}${randomBytes(12).toString('hex')}${END}`;
}

/**
 * What gives a planted secret away in a text, a few words around it; none is none. `others` are
 * further secrets to look for.
 */
export function leaksIn(text: string, others: readonly string[] = []): string[] {
  const forms = [...MARKS, ...others.filter((secret) => secret.length >= 12)];
  return forms.flatMap((form) => {
    const at = text.indexOf(form);
    return at === -1 ? [] : [text.slice(Math.max(0, at - 120), at + 60)];
  });
}

/** The marks as they are and in base64, wherever in a longer text they stand. */
const MARKS = [MARK, END].flatMap((mark) => [mark, ...[0, 1, 2].map((n) => base64From(mark, n))]);

function base64From(mark: string, skipped: number): string {
  const whole = mark.slice(skipped, skipped + Math.floor((mark.length - skipped) / 3) * 3);
  return Buffer.from(whole).toString('base64');
}

/** Tokens and keys of a kubeconfig: planted or real, nobody is to see them. */
export function secretsOfKubeconfig(file: string | undefined): string[] {
  if (file === undefined) return [];
  const lines = readFileSync(file, 'utf8').matchAll(/"?(?:token|client-key-data)"?: "?([^\s"]+)/g);
  return [...lines].map(([, secret = '']) => secret);
}

/** Leaks in what Linnet wrote for people into the cluster: status and annotations, and Events. */
export async function leaksInCluster(api: RawApi): Promise<string[]> {
  const [canaries, events] = await Promise.all(
    [CANARY_KIND, EVENT].map(({ group, version, resource }) =>
      api.list(`${group === '' ? '/api' : `/apis/${group}`}/${version}/${resource}`),
    ),
  );
  const told = (canaries ?? []).map(({ metadata, status }) => ({
    name: metadata.name,
    annotations: withoutApplied(metadata.annotations),
    status,
  }));
  return [...told, ...(events ?? [])].flatMap((object) => leaksIn(JSON.stringify(object)));
}

/** What kubectl notes there is the user's own manifest. */
function withoutApplied(annotations: Record<string, string> = {}): Record<string, string> {
  const entries = Object.entries(annotations);
  return Object.fromEntries(entries.filter(([key]) => !key.startsWith('kubectl.')));
}

/** @throws Error that shows where. */
export function expectNoLeaks(leaks: readonly string[], where: string): void {
  if (leaks.length > 0) throw new Error(`${where} show a secret:\n${leaks.slice(0, 5).join('\n')}`);
}
