/** Incidents: what began them, what they hit, and what ended them. */
import type { IncidentRow } from '../../contract/incidents.ts';
import { plural } from './story-words.ts';

export interface IncidentWords {
  readonly none: string;
  readonly endpoints: string;
  readonly facts: string;
  readonly more: (count: number) => string;
  readonly stillGoesOn: string;
  readonly hit: (row: Pick<IncidentRow, 'requests' | 'sessions' | 'tokens'>) => readonly string[];
  readonly hitNothing: string;
  readonly ended: (number: number, told: string) => string;
  readonly passed: string;
  /** What is not well yet. */
  readonly goesOn: (what: string) => string;
  readonly unwell: Readonly<Record<string, string>>;
  readonly separator: string;
  readonly shownBy: (command: string) => string;
  readonly inHistory: (count: number) => string;
}

export const incidents: IncidentWords = {
  none: 'no incident: nothing failed',
  endpoints: 'endpoints that failed',
  facts: 'what happened',
  more: (count) => `… and ${plural(count, 'more fact')}`,
  stillGoesOn: 'now',
  hit: ({ requests: { failed, broken, moved, queued, answeredLater }, sessions, tokens }) => [
    ...(failed > 0 ? [`${plural(failed, 'request')} failed`] : []),
    ...(broken > 0 ? [`${plural(broken, 'answer')} broke off`] : []),
    ...(moved > 0 ? [`${plural(moved, 'request')} went to another endpoint`] : []),
    ...(queued > 0
      ? [
          `${plural(queued, 'request')} waited in the queue, ${answeredLater === 0 ? 'none' : answeredLater} answered later`,
        ]
      : []),
    ...(sessions > 0 ? [plural(sessions, 'session')] : []),
    ...(tokens > 0 ? [plural(tokens, 'token')] : []),
  ],
  hitNothing: 'no request was affected',
  ended: (number, told) => `ended by #${number} - ${told}`,
  passed: 'ended by itself',
  goesOn: (what) => `not over yet: ${what}`,
  unwell: { ladder: 'the ladder is degraded', allOut: 'no endpoint is usable', network: 'no network' },
  inHistory: (count) => `${plural(count, 'incident')} in this part of the history:`,
  separator: ', ',
  shownBy: (command) => `in full: ${command}`,
};
