/** What kubectl printed, without what differs from one run to the next. */
export function normalised({ stdout, stderr }: { stdout: string; stderr: string }): {
  stdout: string[];
  stderr: string[];
} {
  return { stdout: linesOf(stdout), stderr: linesOf(stderr) };
}

const CHANCE: [RegExp, string][] = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b/g, 'TIME'],
  [/\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME'],
  [/(resource ?version"?: *)"?\d+"?/gi, '$1VERSION'],
  [/\b10\.\d+\.\d+\.\d+\b/g, 'ADDRESS'],
  [/\bweb-[a-z0-9]{8,10}-[a-z0-9]{5}\b/g, 'web-POD'],
  [/\bweb-[a-f0-9bcdfghjklmnpqrstvwxz2456789]{8,10}\b/g, 'web-HASH'],
  [/(pod-template-hash"?[:=] *)"?\w+"?/g, '$1HASH'],
  // The age of a thing, alone in its column.
  [/(?<=\s{2})\d+[smh](\d+[smh])?(?= |$)/gm, 'AGE'],
  [/\/tmp\/\S+/g, 'FILE'],
];

/**
 * Columns are as wide as their widest cell, which may be of chance; so is how often somebody who
 * waits for a rollout is told to wait.
 */
function linesOf(text: string): string[] {
  const plain = CHANCE.reduce((sum, [pattern, word]) => sum.replace(pattern, word), text);
  return plain
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('Waiting for deployment '))
    .map((line) => line.trimEnd().replaceAll(/(?<=\S) {2,}/g, '  '));
}
