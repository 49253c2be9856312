/** Answers a read from the last one under the same key, while that is young enough. */
export type Share = <T>(key: string, read: () => Promise<T>) => Promise<T>;

/**
 * Canaries that are looked at together ask the same questions about their namespace: each question
 * is asked once in `ttlMs` milliseconds. A failure is not kept.
 */
export function sharedReads(ttlMs: number, now: () => number = () => performance.now()): Share {
  const answers = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();
  return <T>(key: string, read: () => Promise<T>) => {
    for (const [old, { at }] of answers) if (now() - at >= ttlMs) answers.delete(old);
    const known = answers.get(key);
    if (known !== undefined) return known.answer as Promise<T>;
    const answer = read();
    answers.set(key, { at: now(), answer });
    answer.catch(() => answers.delete(key));
    return answer;
  };
}
