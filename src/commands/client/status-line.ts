/** The content of a status line: the serving endpoint, faults, and costs; the most urgent first, because the end is truncated. */
import type { StandingRow } from '../../contract/gateway.ts';
import type { Language } from '../../messages/messages.ts';
import { reasonText } from '../../messages/reasons.ts';
import { statusLineWordsOf } from '../../messages/statusline.ts';
import { jsonIn } from '../../platform/json.ts';
import { shortSpan } from '../../platform/time.ts';
import type { Style } from '../../terminal/terminal.ts';

/** What Claude Code reports about a session; any part may be missing. */
export interface Session {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly costUsd: number | undefined;
  /** Limits of the plan of its own account; present only if it is logged in. */
  readonly limits: readonly { readonly window: string; readonly used: number }[];
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsIn = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textIn = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const numberIn = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

const ownWindows = [
  ['five_hour', '5h'],
  ['seven_day', '7d'],
] as const;

/** @param input the JSON that Claude Code writes to its status line's command */
export function sessionIn(input: string): Session {
  const told = fieldsIn(jsonIn(input));
  const [model, limits] = [fieldsIn(told['model']), fieldsIn(told['rate_limits'])];
  return {
    id: textIn(told['session_id']),
    model: textIn(model['display_name']) ?? textIn(model['id']),
    costUsd: numberIn(fieldsIn(told['cost'])['total_cost_usd']),
    limits: ownWindows.flatMap(([name, window]) => {
      const percent = numberIn(fieldsIn(limits[name])['used_percentage']);
      return percent === undefined ? [] : [{ window, used: percent / 100 }];
    }),
  };
}

interface Reader {
  readonly language: Language;
  readonly now: number;
  paint(style: Style, text: string): string;
}

// From this share on, a user plans by what is left.
const scarce = 0.8;
const gone = 0.95;

/** Empty when there is nothing to say. */
export function statusLine(row: StandingRow, session: Session, { language, now, paint }: Reader): string {
  const words = statusLineWordsOf(language);
  const { last, active, failover, notReady, waiting } = row;
  const [why] = notReady;
  const place = last ? [last.profile, last.endpoint].filter(Boolean).join('/') : active;
  const model = session.model ?? last?.model ?? null;
  const who = [place, model].filter(Boolean).join(' ▸ ');
  const limits = row.limits.length > 0 ? row.limits : session.limits;
  return [
    who,
    why === undefined ? '' : paint('red', reasonText(why, language)),
    failover ? paint('yellow', words.failedOver(failover.from, shortSpan(now - Date.parse(failover.at)))) : '',
    waiting === 0 ? '' : paint('yellow', words.waiting(waiting)),
    ...limits.map(({ window, used }) => paint(styleOf(used), words.used(window, Math.round(used * 100)))),
    session.costUsd === undefined ? '' : paint('dim', `$${session.costUsd.toFixed(2)}`),
  ]
    .filter(Boolean)
    .join(' · ');
}

function styleOf(used: number): Style {
  if (used >= gone) return 'red';
  return used >= scarce ? 'yellow' : 'dim';
}
