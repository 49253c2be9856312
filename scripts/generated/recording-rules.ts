import { stringify } from 'yaml';
import { recordingRules } from '../../src/adapters/prometheus/recorded.ts';
import type { GeneratedFile } from './file.ts';

/** The rules that make sweeps of a large mesh small, as Prometheus reads them. */
export function recordingRuleFiles(): GeneratedFile[] {
  const content = `# Made from the sources by \`npm run generate\`.\n${stringify(recordingRules(), { lineWidth: 0 })}`;
  return [{ path: 'charts/linnet/files/recording-rules.yaml', content }];
}
