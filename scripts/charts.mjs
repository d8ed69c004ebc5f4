/**
 * Draws the charts of docs/charts.md anew, from the machines themselves.
 *
 *   node scripts/charts.mjs [--print]      `--print` writes the part to stdout and changes nothing
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';

register();
const { charts, drawingOf } = await import('../machines/chart.ts');
const { drawnAsMermaid } = await import('../src/terminal/drawing.ts');

const file = new URL('../docs/charts.md', import.meta.url);
const [begin, end] = ['<!-- charts -->', '<!-- /charts -->'];

const drawn = Object.keys(charts)
  .map((kind) => `\n**${kind}**\n\n\`\`\`mermaid\n${drawnAsMermaid(drawingOf(kind), new Map())}\n\`\`\`\n`)
  .join('');
if (process.argv.includes('--print')) process.stdout.write(drawn);
else {
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  writeFileSync(file, `${text.slice(0, from)}\n${drawn}\n${text.slice(to)}`);
}
