/** The switches of an incident as one way along the ladder. */
import type { IncidentRow } from '../../contract/incidents.ts';

// Of a ladder that went up and down all the time, the beginning and the end tell enough.
const stopsMost = 6;
const arrow = ' → ';

function shortened(way: string): string {
  const stops = way.split(arrow);
  return stops.length <= stopsMost ? way : [...stops.slice(0, 3), '…', ...stops.slice(-2)].join(arrow);
}

/** The switches, each of which begins where the one before it ended: `office → relay → office`. */
export function wayOf({ switches }: Pick<IncidentRow, 'switches'>): readonly string[] {
  const ways: string[] = [];
  let last: string | undefined;
  for (const { from, to } of switches) {
    if (from !== null && from === last) ways.push(`${ways.pop()}${arrow}${to}`);
    else ways.push(`${from ?? '-'}${arrow}${to}`);
    last = to;
  }
  return ways.map(shortened);
}
