import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { playDemo } from '../src/cli/demo.ts';
import { picture, type Frame } from '../src/cli/demo-view.ts';
import { svgOf } from './ansi-svg.ts';

/**
 * Plays the demo and keeps the moment in which the faulty version fails its check as
 * docs/demo.svg: `npm run picture`. Run it with FORCE_COLOR=1, as the script in package.json does.
 */
const WIDTH = 98;
const TARGET = fileURLToPath(new URL('../docs/demo.svg', import.meta.url));

let kept: Frame | undefined;
const code = await playDemo({
  show(frame) {
    const errors = frame.versions.find(({ role }) => role === 'canary')?.errorShare ?? 0;
    if (frame.status?.verdict?.startsWith('FAIL') === true && errors > 0.01)
      kept ??= structuredClone(frame);
  },
  say: (line) => process.stdout.write(`${line}\n`),
  close: () => {},
});
if (code !== 0 || kept === undefined || !pc.isColorSupported) {
  throw new Error('the demo did not show what the picture is of');
}
await writeFile(TARGET, svgOf(picture(kept, WIDTH), WIDTH));
process.stdout.write(`wrote docs/demo.svg\n`);
