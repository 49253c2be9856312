import { SETTINGS, variableOf, type Setting } from '../../src/settings.ts';
import { formatted, type GeneratedFile } from './file.ts';

const INTRODUCTION = `# Configuration

Every setting of \`linnet run\`, as a flag or as an environment variable; a flag counts more, and an
empty variable counts as unset. Secrets are read from the environment only, because others can read
a command line. All of it is read once, at the start, and everything that is wrong is named at once.
The Helm chart sets these from [its values](helm-values.md). Generated from \`src/settings.ts\` by
\`npm run generate\`.
`;

/** docs/reference/configuration.md: one line a setting. */
export function configurationReference(): Promise<GeneratedFile[]> {
  const settings: readonly Setting[] = SETTINGS;
  const text = [INTRODUCTION, ...settings.map(itemOf)].join('\n');
  return formatted('docs/reference/configuration.md', text);
}

function itemOf({ name, value, meaning, fallback, secret }: Setting): string {
  const flag = `--${name}${value === undefined ? '' : ` <${value}>`}`;
  const ways = secret ? [variableOf(name)] : [flag, variableOf(name)];
  const standard = fallback === undefined ? '' : ` Default: ${code(fallback)}.`;
  const how = value === undefined ? ` As a variable: ${code('true')}.` : '';
  return `- ${ways.map(code).join(', ')}: ${meaning}${standard}${how}`;
}

function code(text: string): string {
  return `\`${text}\``;
}
