/** A terminal's text with colour codes as an SVG that reads on light and on dark pages. */
export function svgOf(text: string, columns: number): string {
  const lines = text.split('\n');
  const width = columns * CELL + 2 * MARGIN;
  const height = lines.length * LINE + 2 * MARGIN;
  const rows = lines.map((line, i) => row(line, MARGIN + (i + 0.8) * LINE)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The demo of Linnet in a terminal">
<rect width="100%" height="100%" rx="8" fill="#10151c"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" fill="#d7dde5" xml:space="preserve">
${rows}
</g>
</svg>
`;
}

const CELL = 7.83;
const LINE = 18;
const MARGIN = 18;

const STYLES: Record<string, string> = {
  '1': 'font-weight="bold"',
  '2': 'fill="#8a94a3"',
  '31': 'fill="#ff7b72"',
  '32': 'fill="#7ee787"',
  '33': 'fill="#e3b341"',
  '34': 'fill="#79c0ff"',
  '36': 'fill="#76e3ea"',
};

const ESCAPE = '\u001B';
const CODE = new RegExp(`${ESCAPE}\\[(\\d+)m`);

/** Each run of one style is placed by its column, so that every font keeps the grid. */
function row(line: string, y: number): string {
  const styles = new Map<'weight' | 'colour', string>();
  let column = 0;
  const runs = line.split(CODE).map((part, i) => {
    if (i % 2 === 1) {
      apply(styles, part);
      return '';
    }
    const x = (MARGIN + column * CELL).toFixed(1);
    column += part.length;
    const length = (part.length * CELL).toFixed(1);
    const style = [...styles.values()].join(' ');
    return part.trim() === ''
      ? ''
      : `<text x="${x}" y="${y.toFixed(1)}" textLength="${length}" lengthAdjust="spacingAndGlyphs" ${style}>${escaped(part)}</text>`;
  });
  return runs.join('');
}

function apply(styles: Map<'weight' | 'colour', string>, code: string): void {
  if (code === '22') styles.clear();
  else if (code === '39') styles.delete('colour');
  else if (code === '1') styles.set('weight', STYLES[code] ?? '');
  else styles.set('colour', STYLES[code] ?? '');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
