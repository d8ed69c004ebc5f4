/** How changes are shown, and what was left out or lost. */

import type { LeftOutBecause } from '../config/importers/incoming.ts';
import type { ChangeRow, LostBecause } from '../contract/config.ts';
import { configWordsOf } from '../messages/config.ts';
import type { Context } from './context.ts';

// A whole profile is one change; its line shows the beginning of its value only.
const shownLengthMax = 60;

export function changeLines({ out }: Context, changes: readonly ChangeRow[]): readonly string[] {
  return changes.map(({ path, from, to }) => {
    if (from === null) return out.paint('green', `+ ${path}  ${shown(to)}`.trimEnd());
    if (to === null) return out.paint('red', `- ${path}  ${shown(from)}`.trimEnd());
    return out.paint('yellow', `~ ${path}  ${shown(from)} → ${shown(to)}`);
  });
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === '' ? '""' : String(value);
  const { endpoints, baseUrl } = value as { endpoints?: readonly { baseUrl: string }[]; baseUrl?: string };
  const text = baseUrl ?? (endpoints ?? []).map((endpoint) => endpoint.baseUrl).join(', ');
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text;
}

interface Missing {
  readonly path: string;
  readonly because: LostBecause | LeftOutBecause;
  readonly command?: string;
}

/** To be told each by itself: the sentence, and below it the command that helps, where there is one. */
export function becauseLines({ words, language }: Context, parts: readonly Missing[]): readonly (readonly string[])[] {
  const said = configWordsOf(language);
  return parts.map(({ path, because, command }) => [
    `! ${words.labelled(path, said[`because_${because}`])}`,
    ...(command === undefined ? [] : [`  ${command}`]),
  ]);
}
