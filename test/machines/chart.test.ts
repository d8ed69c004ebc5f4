import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { charts, drawingOf } from '../../machines/chart.ts';
import { drawnAsDot, drawnAsMermaid, drawnAsText } from '../../src/terminal/drawing.ts';

const nobody = new Map<string, readonly string[]>();
const plain = { paint: (_: unknown, text: string) => text, columns: 80 };

const pairs = (kind: string) => drawingOf(kind).transitions.map(({ from, to }) => `${from} → ${to}`);

describe('a parsed chart', () => {
  it('has the transitions from one state of an endpoint to another', () => {
    expect(pairs('endpoint')).toEqual(
      expect.arrayContaining([
        'healthy → degraded',
        'healthy → failed',
        'degraded → failed',
        'degraded → healthy',
        'failed → recovering',
        'recovering → healthy',
        'recovering → failed',
      ]),
    );
  });

  it('names the facts of each transition, including those of the whole chart', () => {
    const { transitions } = drawingOf('endpoint');
    expect(transitions.find(({ from, to }) => from === 'healthy' && to === 'degraded')?.on).toEqual([
      'EndpointDegraded',
      'EndpointPaused',
    ]);
    expect(transitions.find(({ from, to }) => from === 'recovering' && to === 'failed')?.on).toEqual([
      'EndpointFailed',
    ]);
  });

  it('prefers a transition of the state to one of the whole chart', () => {
    // In the chart of all, EndpointFailed leads to failed; who is failed stays there.
    expect(pairs('endpoint')).not.toContain('failed → failed');
  });

  it.each(Object.keys(charts))('of %s has all its states, and an initial one', (kind) => {
    const { states, initial, transitions } = drawingOf(kind);
    const names = states.map(({ name }) => name);
    expect(names).toEqual(Object.keys(charts[kind]?.states ?? {}));
    expect(names).toContain(initial);
    for (const { from, to } of transitions) expect([names.includes(from), names.includes(to)]).toEqual([true, true]);
  });

  it('is refused for an object that is no chart', () => {
    expect(() => drawingOf('toaster')).toThrow('there is no chart "toaster"');
  });
});

describe('a picture of a chart', () => {
  const drawing = drawingOf('endpoint');
  const failed = new Map([['failed', ['work/relay']]]);

  it.each([
    ['text', (who: typeof nobody) => drawnAsText(drawing, who, plain).join('\n')],
    ['mermaid', (who: typeof nobody) => drawnAsMermaid(drawing, who)],
    ['dot', (who: typeof nobody) => drawnAsDot(drawing, who)],
  ] as const)('as %s names every state, and marks occupied ones', (_, drawn) => {
    for (const { name } of drawing.states) expect(drawn(nobody)).toContain(name);
    expect(drawn(failed)).not.toBe(drawn(nobody));
    expect(drawn(failed)).not.toBe(drawn(new Map([['healthy', ['work/relay']]])));
  });

  it('for a terminal names the machines in each state, and fits the width', () => {
    const lines = drawnAsText(drawingOf('priority'), new Map([['failed', ['priority']]]), { ...plain, columns: 60 });
    expect(lines).toContain('║ failed ║ ◀ priority');
    expect(lines.filter((line) => line.length > 60)).toEqual([]);
  });

  it('for Graphviz has balanced brackets', () => {
    const bare = drawnAsDot(drawing, failed).replaceAll(/"(\\.|[^"\\])*"/g, '');
    for (const [open, close] of ['{}', '[]'])
      expect(bare.split(open ?? '').length).toBe(bare.split(close ?? '').length);
  });
});

it('docs/charts.md shows the charts as they are (node scripts/charts.mjs draws them anew)', () => {
  const drawn = execFileSync(process.execPath, ['scripts/charts.mjs', '--print'], { encoding: 'utf8' });
  expect(drawn).toContain('stateDiagram-v2');
  expect(readFileSync('docs/charts.md', 'utf8')).toContain(`<!-- charts -->\n${drawn}\n<!-- /charts -->`);
});
