/** What decided where a request was routed: the answer in one sentence, before the details. */
import type { Recorded } from '../../events/fact.ts';
import { nameOf } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { DecidedRow, RouteRow } from '../contract/history.ts';
import { switchRow } from '../runtime/rows.ts';
import type { State } from '../runtime/state.ts';

export type Ended = Recorded & { readonly data: Served & { readonly because?: string } };

// Among several endpoints these rules draw one, or take turns. For a single endpoint they have nothing to decide.
const badRequest = 400;

const drawing: ReadonlySet<string> = new Set(['weighted', 'round-robin', 'least-connections']);

const outcomes: Readonly<Record<string, DecidedRow['outcome']>> = {
  RequestServed: 'answered',
  RequestFailed: 'failed',
  RequestCancelled: 'cancelled',
  AnswerBroken: 'broken',
};

/** The request failed, or went from one endpoint to another. */
export function isTroubled({ type, data }: Recorded): boolean {
  if (type === 'RequestFailed' || type === 'AnswerBroken') return true;
  return type === 'RequestServed' && isMoved(data as Served);
}

export function isMoved({ attempts }: Pick<Served, 'attempts'>): boolean {
  return new Set(attempts.map(({ endpoint }) => endpoint)).size > 1;
}

/** @param then the state of the first choice */
export function decidedBy(then: State, ended: Ended, route: readonly Omit<RouteRow, 'facts'>[]): DecidedRow {
  const { attempts, within, because } = ended.data;
  const outcome = outcomes[ended.type] ?? 'answered';
  const last = attempts.at(-1);
  const hasAnswered = outcome === 'answered' || outcome === 'broken' || last?.outcome === 'cancelled';
  const refusals = (hasAnswered ? attempts.slice(0, -1) : attempts).filter((_, i) => !isRepaired(attempts, i));
  const chosen = route.find(({ endpoint }) => endpoint === attempts[0]?.endpoint);
  return {
    outcome,
    endpoint: last?.endpoint ?? null,
    name: last ? calledThen(then, last.endpoint) : null,
    because: last ? ruleOf(then, last, route) : null,
    reason: because ?? null,
    failed: refusals.map(({ endpoint, outcome: failure }) => ({ endpoint, name: calledThen(then, endpoint), failure })),
    // For a failed request the whole ladder was asked, so that its starting point decided nothing.
    profile: outcome === 'failed' && within === null ? null : profileThatDecided(then, within, chosen),
  };
}

/** It was refused, and the same endpoint was asked once more in another way: that is no failure. */
export function isRepaired(attempts: readonly Asked[], index: number): boolean {
  const { endpoint, outcome, status } = attempts[index] as Asked;
  return outcome === 'answered' && (status ?? 0) >= badRequest && attempts[index + 1]?.endpoint === endpoint;
}

export function calledThen({ profiles }: State, id: string): string | null {
  const known = profiles.endpoint(id);
  return known ? `${known.profile}/${known.name}` : null;
}

type Asked = Served['attempts'][number];

/** If the rule had only one endpoint, that was simply the first in order. */
function ruleOf({ profiles }: State, { endpoint, because }: Asked, route: readonly Omit<RouteRow, 'facts'>[]): string {
  if (!drawing.has(because)) return because;
  const known = profiles.endpoint(endpoint);
  const equals = route.filter((one) => {
    const isPossible = one.endpoint === endpoint || one.chosen || one.because === 'notNeeded';
    const other = profiles.endpoint(one.endpoint);
    return isPossible && other?.profile === known?.profile && other?.priority === known?.priority;
  });
  return equals.length > 1 ? because : 'failover';
}

/** The profile of the first choice, if it was the reason: by the request's path, a pin, or because it was active. */
function profileThatDecided(
  then: State,
  within: string | null,
  chosen: Omit<RouteRow, 'facts'> | undefined,
): DecidedRow['profile'] {
  if (within !== null) return { name: within, by: 'path', switch: null };
  const { active, pinned } = priorityStatus(then.priority);
  if (active === null || (chosen && chosen.profile !== active)) return null;
  const isSessionBound = chosen?.because === 'sticky' && pinned === null;
  if (isSessionBound) return null;
  const [last] = then.switches.latest(1);
  const isMoved = pinned !== null || then.profiles.ladder()[0]?.name !== active;
  const how = isMoved && last?.to === active ? switchRow(last) : null;
  return { name: active, by: pinned === active ? 'pin' : 'active', switch: how };
}

/** The request that a fact is about: its own, the one that it names, or the one that a fact among its causes names. */
export function requestTold(facts: readonly Recorded[]): string | undefined {
  for (const { stream, data } of facts) {
    if (stream.startsWith('request/')) return nameOf(stream);
    const { request } = data as { request?: unknown };
    if (typeof request === 'string') return request;
  }
  return undefined;
}
