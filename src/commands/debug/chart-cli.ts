/** `qcc debug chart KIND|ID`: the chart itself, with the states that its machines are in. */

import { charts, drawingOf } from '../../../machines/chart.ts';
import type { MachineRow } from '../../contract/debug.ts';
import { usage } from '../../errors/qcc-error.ts';
import { drawnAsDot, drawnAsMermaid, drawnAsText, type Standing } from '../../terminal/drawing.ts';
import { type Context, flag } from '../context.ts';
import { withHistory } from '../source.ts';

const formats = ['text', 'mermaid', 'dot', 'json'];
// A queue may hold a thousand items; beyond this number they are only counted.
const namedMax = 3;

export async function chart(context: Context): Promise<undefined> {
  const [about = ''] = context.positionals;
  const { out, words } = context;
  const format = flag(context, 'format') ?? 'text';
  if (!formats.includes(format))
    throw usage(words.mustBe('--format', formats.join(', '), format), 'qcc debug chart endpoint --format mermaid');
  const isKind = Object.hasOwn(charts, about);
  const { machines } = await withHistory(context, ({ call }) => call('debug.machines', isKind ? {} : { about }));
  const kind = isKind ? about : (machines[0]?.machine ?? '');
  const shown = machines.filter(({ machine }) => machine === kind);
  const drawing = drawingOf(kind);
  if (context.json || format === 'json') {
    const states = drawing.states.map((state) => ({
      ...state,
      current: shown.some((one) => one.state === state.name),
    }));
    const who = shown.map(({ id, state }) => ({ id, state }));
    return void out.json({ ...drawing, states, machines: who });
  }
  const standing = standingOf(shown);
  if (format === 'mermaid') out.line(...drawnAsMermaid(drawing, standing).split('\n'));
  else if (format === 'dot') out.line(...drawnAsDot(drawing, standing).split('\n'));
  else out.line(...drawnAsText(drawing, standing, out));
  return undefined;
}

function standingOf(machines: readonly MachineRow[]): Standing {
  const states = new Map<string, string[]>();
  for (const machine of machines) states.set(machine.state, [...(states.get(machine.state) ?? []), nameOf(machine)]);
  return new Map([...states].map(([state, names]) => [state, names.length > namedMax ? fewOf(names) : names]));
}

const fewOf = (names: readonly string[]) => [...names.slice(0, namedMax), `+${names.length - namedMax}`];

function nameOf({ id, context }: MachineRow): string {
  const { profile, name } = context as { profile?: string | null; name?: string | null };
  return name == null || profile == null ? id : `${profile}/${name}`;
}
