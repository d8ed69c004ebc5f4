/** The one sentence on top of the page: who serves, who is ill and why, and what happens next. */
import { weightNow } from '../../machines/route.ts';
import type { PageEndpoint, PageState } from '../contract/dashboard.ts';
import type { PageWords } from '../messages/en/page.ts';

export interface Said {
  readonly words: PageWords['headline'];
  readonly stateWord: (state: string) => string;
  /** A failure's code, in words. */
  readonly why: (because: string) => string;
  /** A rule of routing, in words. */
  readonly rule: (rule: string) => string;
  /** So long, in words: `12 s`. */
  readonly span: (ms: number) => string;
}

/** @param now of the gateway's clock, in milliseconds */
export function headline(state: PageState, now: number, { words, stateWord, why, rule, span }: Said): string {
  const onLadder = state.profiles.filter(({ isOnLadder }) => isOnLadder);
  const groups = groupsInOrder(onLadder, state.ladder.active);
  const walked = groups.flat();
  if (walked.length === 0) return words.nothingSetUp;
  const name = nameIn(walked);
  const [serving, next] = servingIn(groups, state.strategy);
  const serve = serving.map(name);
  const parts = [
    ...(state.network === 'offline' ? [words.offline] : []),
    serve.length > 0 ? words.serves(serve) : words.nothingServes,
    ...walked.filter((one) => one.state !== 'disabled').flatMap((one) => passed(one) ?? illness(one) ?? []),
    ...(serve.length === 0 ? [] : [next.length > 0 ? words.next(serve, next.map(name)) : words.noNext(serve)]),
  ];
  return parts.join(words.separator) + words.end;

  /** Well here, and not asked all the same. */
  function passed(one: PageEndpoint): string | null {
    if (one.heard?.rule !== 'heard') return null;
    const said = words.state(name(one), words.passedOver, rule(one.heard.rule));
    const ms = one.heard.until === null ? 0 : Date.parse(one.heard.until) - now;
    return ms > 0 ? words.tried(said, span(ms)) : said;
  }

  function illness(one: PageEndpoint): string | null {
    if (one.state === 'healthy') return null;
    const said = words.state(name(one), stateWord(one.state), one.because === null ? '' : why(one.because));
    const move = nextMove(one, now);
    if (!move) return said;
    const ms = span(move.at - now);
    if (move.isCheck) return words.checked(said, ms);
    return move.to === 'recovering' ? words.tried(said, ms) : words.becomes(said, stateWord(move.to), ms);
  }
}

/** What moves an endpoint next at an instant that is known: a check, or the end of a wait. The card tells the same. */
export interface Move {
  readonly at: number;
  readonly isCheck: boolean;
  readonly to: string;
}

/** Null when nothing is due; a check that comes after the wait is over moves nothing before it. */
export function nextMove({ state, next, nextProbe }: PageEndpoint, now: number): Move | null {
  const steps = next.flatMap(({ at, to }) => (at === null ? [] : [{ at: Date.parse(at), isCheck: false, to }]));
  // In a slow start a check moves nothing: traffic and time do.
  const check = nextProbe.at === null || state !== 'failed' ? [] : [{ at: Date.parse(nextProbe.at), isCheck: true }];
  const due = [...steps, ...check.map((one) => ({ ...one, to: 'recovering' }))].filter(({ at }) => at > now);
  return due.sort((a, b) => a.at - b.at)[0] ?? null;
}

/** The active profile's endpoints of each priority, then those of the profiles after it, and at last of those above it. */
function groupsInOrder(profiles: PageState['profiles'], active: string | null): readonly (readonly PageEndpoint[])[] {
  const at = Math.max(
    0,
    profiles.findIndex(({ name }) => name === active),
  );
  return [...profiles.slice(at), ...profiles.slice(0, at)].flatMap(({ endpoints }) => {
    const priorities = [...new Set(endpoints.map(({ priority }) => priority))].sort((a, b) => a - b);
    return priorities.map((priority) => endpoints.filter((one) => one.priority === priority));
  });
}

/** Who takes requests, and who would after them. Of equals each takes a share, unless the strategy asks them in the order of the list. */
function servingIn(
  groups: readonly (readonly PageEndpoint[])[],
  strategy: PageState['strategy'],
): readonly [readonly PageEndpoint[], readonly PageEndpoint[]] {
  const usable = groups
    .flatMap((group) => tiersOf(group.filter(({ available }) => available)))
    .flatMap((tier) => (strategy === 'failover' ? tier.map((one) => [one]) : [tier]));
  return [usable[0] ?? [], usable[1] ?? []];
}

/** As routing takes them: whole ones, then those that are degraded, then those that take one request at a time, half-open. */
function tiersOf(equals: readonly PageEndpoint[]): readonly (readonly PageEndpoint[])[] {
  const tiers: readonly PageEndpoint[][] = [[], [], []];
  for (const one of equals) {
    const tier = isHalfOpen(one) ? 2 : Number(one.state === 'degraded');
    tiers[tier]?.push(one);
  }
  return tiers.filter((tier) => tier.length > 0);
}

/** Single requests decide whether it is well again. */
const isHalfOpen = ({ state, ramp }: PageEndpoint) => state === 'recovering' && ramp === 0;

/** The profile's name is enough where it has one endpoint. */
export function nameIn(all: readonly PageEndpoint[]): (one: PageEndpoint) => string {
  return ({ profile, name }) =>
    all.filter((other) => other.profile === profile).length === 1 ? profile : `${profile}/${name}`;
}

/** Its share of its profile's traffic among those of the same priority, from 0 to 1; null while it takes none, or is half-open. */
export function shareOf(one: PageEndpoint, all: readonly PageEndpoint[]): number | null {
  const peers = all.filter((other) => other.priority === one.priority && other.available && !isHalfOpen(other));
  if (!peers.some(({ id }) => id === one.id)) return null;
  const sum = peers.reduce((total, other) => total + weightNow(other), 0);
  return sum === 0 ? null : weightNow(one) / sum;
}
