/** The one sentence on top of the page: who serves, who is ill and what happens next. */
import { weightNow } from '../../machines/route.ts';
import type { PageEndpoint, PageState } from '../contract/dashboard.ts';
import type { PageWords } from '../messages/en/page.ts';

export interface Said {
  readonly words: PageWords['headline'];
  readonly stateWord: (state: string) => string;
  /** So long, in words: `12 s`. */
  readonly span: (ms: number) => string;
}

/** @param now of the gateway's clock, in milliseconds */
export function headline(state: PageState, now: number, { words, stateWord, span }: Said): string {
  const onLadder = state.profiles.filter(({ isOnLadder }) => isOnLadder);
  const walked = inOrderOfAsking(onLadder, state.ladder.active).flatMap(({ endpoints }) => endpoints);
  if (walked.length === 0) return words.nothingSetUp;
  const usable = walked.filter(({ available }) => available);
  const [serving] = usable;
  const next = usable.find((one) => one.id !== serving?.id);
  const name = nameIn(walked);
  const parts = [
    ...(state.network === 'offline' ? [words.offline] : []),
    serving ? words.serves(name(serving)) : words.nothingServes,
    ...walked.filter((one) => one.state !== 'healthy' && one.state !== 'disabled').map(illness),
    ...(serving ? [next ? words.next(name(serving), name(next)) : words.noNext(name(serving))] : []),
  ];
  return parts.join(words.separator) + words.end;

  function illness(one: PageEndpoint): string {
    const due = dueAt(one, now);
    const word = stateWord(one.state);
    return due === null ? words.state(name(one), word) : words.backIn(name(one), word, span(due - now));
  }
}

/** When something is next looked at or ends by itself, in milliseconds; null when nothing is due. */
export function dueAt(one: PageEndpoint, now: number): number | null {
  const due = [one.until, one.nextProbe.at, ...one.next.map(({ at }) => at)]
    .flatMap((at) => (at === null ? [] : [Date.parse(at)]))
    .filter((at) => at > now);
  return due.length === 0 ? null : Math.min(...due);
}

/** From the active profile down, then the rest; in each, the order in which its endpoints are asked. */
export function inOrderOfAsking(profiles: PageState['profiles'], active: string | null): PageState['profiles'] {
  const at = Math.max(
    0,
    profiles.findIndex(({ name }) => name === active),
  );
  return [...profiles.slice(at), ...profiles.slice(0, at)].map((profile) => ({
    ...profile,
    endpoints: [...profile.endpoints].sort((a, b) => a.priority - b.priority || b.effectiveWeight - a.effectiveWeight),
  }));
}

/** The profile's name is enough where it has one endpoint. */
export function nameIn(all: readonly PageEndpoint[]): (one: PageEndpoint) => string {
  return ({ profile, name }) =>
    all.filter((other) => other.profile === profile).length === 1 ? profile : `${profile}/${name}`;
}

/** Its share of its profile's traffic among those of the same priority, from 0 to 1; null while it takes none. */
export function shareOf(one: PageEndpoint, all: readonly PageEndpoint[]): number | null {
  const peers = all.filter(({ priority, available }) => priority === one.priority && available);
  if (!peers.some(({ id }) => id === one.id)) return null;
  const sum = peers.reduce((total, other) => total + weightNow(other), 0);
  return sum === 0 ? null : weightNow(one) / sum;
}
