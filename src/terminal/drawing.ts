/** Pictures of a chart: for a terminal, for mermaid, for Graphviz. Each marks the states that machines are in now. */
import type { Drawing } from '../../machines/chart.ts';

// The width of `  ├─▶ ` and of the gap before the facts.
const arrowWidth = 8;

/** By state: the machines in it. */
export type Standing = ReadonlyMap<string, readonly string[]>;

type Paint = (style: 'bold' | 'dim' | 'green', text: string) => string;

/** One box per state, with its outgoing transitions below; double lines mark occupied states. */
export function drawnAsText(
  { states, transitions, initial }: Drawing,
  standing: Standing,
  { paint, columns }: { readonly paint: Paint; readonly columns: number },
): readonly string[] {
  return states.flatMap(({ name, final }) => {
    const here = standing.get(name) ?? [];
    const leaving = transitions.filter(({ from }) => from === name);
    const box = here.length > 0 ? double : single;
    const inside = name === initial ? `● ${name}` : name;
    const label = here.length > 0 ? paint('bold', inside) : inside;
    const wide = Math.max(0, ...leaving.map(({ to }) => to.length));
    const flat = box.flat.repeat(inside.length + 2);
    const bottom = leaving.length > 0 ? box.flat + box.down + flat.slice(2) : flat;
    return [
      box.top[0] + flat + box.top[1],
      `${box.side} ${label} ${box.side}${here.length > 0 ? paint('green', ` ◀ ${here.join(', ')}`) : ''}`,
      `${box.bottom[0]}${bottom}${box.bottom[1]}${final ? paint('dim', ' ■') : ''}`,
      ...leaving.flatMap(({ to, on }, i) => {
        const isLast = i === leaving.length - 1;
        const [first = '', ...more] = filled(on, columns - wide - arrowWidth);
        return [
          `  ${isLast ? '└' : '├'}─▶ ${to.padEnd(wide)}  ${paint('dim', first)}`,
          ...more.map((line) => `  ${isLast ? ' ' : '│'}   ${' '.repeat(wide)}  ${paint('dim', line)}`),
        ];
      }),
    ];
  });
}

const single = { top: '┌┐', bottom: '└┘', flat: '─', side: '│', down: '┬' };
const double = { top: '╔╗', bottom: '╚╝', flat: '═', side: '║', down: '╤' };

/** Facts side by side, as many as fit on a line. */
function filled(facts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const last = lines.at(-1);
    if (last !== undefined && `${last}, ${fact}`.length < width) lines[lines.length - 1] = `${last}, ${fact}`;
    else {
      if (last !== undefined) lines[lines.length - 1] = `${last},`;
      lines.push(fact);
    }
  }
  return lines;
}

/** As GitHub shows it. */
export function drawnAsMermaid({ states, transitions, initial }: Drawing, standing: Standing): string {
  const current = states.filter(({ name }) => standing.has(name));
  return [
    'stateDiagram-v2',
    `  [*] --> ${initial}`,
    ...transitions.map(({ from, to, on }) => `  ${from} --> ${to}: ${on.join(', ')}`),
    ...states.filter(({ final }) => final).map(({ name }) => `  ${name} --> [*]`),
    ...(current.length > 0 ? ['  classDef current font-weight:bold,stroke-width:4px'] : []),
    ...current.map(({ name }) => `  class ${name} current`),
  ].join('\n');
}

export function drawnAsDot({ kind, states, transitions, initial }: Drawing, standing: Standing): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '\\"')}"`;
  return [
    `digraph ${quoted(kind)} {`,
    '  rankdir=LR;',
    '  node [shape=box, style=rounded];',
    '  start [shape=point];',
    ...states.map(({ name, final }) => {
      const marks = [
        ...(final ? ['peripheries=2'] : []),
        ...(standing.has(name) ? ['style="rounded,bold,filled"', 'fillcolor=gold'] : []),
      ];
      return `  ${quoted(name)}${marks.length > 0 ? ` [${marks.join(', ')}]` : ''};`;
    }),
    `  start -> ${quoted(initial)};`,
    ...transitions.map(({ from, to, on }) => `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(on.join('\\n'))}];`),
    '}',
  ].join('\n');
}
