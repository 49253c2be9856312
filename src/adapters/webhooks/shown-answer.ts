import { concealed } from '../../api/concealed.ts';

/**
 * What people may see of an answer: its beginning on one line, without any credential, which some
 * receivers repeat in their errors. Empty when there is nothing.
 */
export function shownAnswer(body: string, secrets: readonly (string | undefined)[]): string {
  const line = concealed(body, secrets)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line;
}

const SHOWN = 200;
