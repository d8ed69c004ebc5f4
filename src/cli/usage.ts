/** Help, from the manifest alone. */
import { type Command, globalFlags } from './manifest.ts';
import { widthOf } from './width.ts';
import type { Words } from './words.ts';

export function usageOf(path: readonly string[], command: Command, words: Words): string {
  const name = ['qcc', ...path].join(' ');
  const positionals = (command.positionals ?? []).map((one, i) =>
    i < (command.required ?? command.positionals?.length ?? 0) ? one : `[${one}]`,
  );
  const tail = [
    ...positionals,
    ...(command.sub ? [command.load ? '[COMMAND]' : 'COMMAND'] : []),
    ...(command.passesOn ? ['[-- …]'] : []),
  ];
  const title = path.length === 0 ? `qcc - ${words.tagline}` : `${name} - ${words[command.words]}`;
  const sections = [title, `${words.usage}\n  ${[name, ...tail].join(' ')}`];
  if (command.sub)
    sections.push(
      `${words.commands}\n${listed(Object.entries(command.sub).map(([sub, one]) => [sub, words[one.words]]))}`,
    );
  const flags = Object.keys(command.flags ?? {});
  if (flags.length > 0)
    sections.push(`${words.flags}\n${wrapped(flags.map((flag) => shown(flag, command.flags?.[flag])))}`);
  sections.push(`${words.everywhere}\n${wrapped(Object.entries(globalFlags).map(([flag, one]) => shown(flag, one)))}`);
  return sections.join('\n\n');
}

function shown(name: string, flag: { readonly type: string; readonly alias?: string } | undefined): string {
  const short = flag?.alias === undefined ? '' : `-${flag.alias}, `;
  return `${short}--${name}${flag?.type === 'string' ? ' …' : ''}`;
}

function listed(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => widthOf(name)));
  return rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}`).join('\n');
}

const lineWidth = 78;

function wrapped(items: readonly string[]): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length + 2 <= lineWidth) lines[lines.length - 1] = `${last}  ${item}`;
    else lines.push(`  ${item}`);
  }
  return lines.join('\n');
}
