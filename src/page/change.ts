/** What the page knows, after what it has heard. */
import type { PageChange, PageEndpoint, PageState, PageStep } from '../contract/dashboard.ts';

/**
 * The state after a change.
 * @param seq the last fact of the change
 */
export function changed(state: PageState, change: PageChange, seq: number): PageState {
  if (change.state) return change.state;
  const byId = new Map(change.endpoints.map((one) => [one.id, one]));
  const profiles =
    byId.size === 0
      ? state.profiles
      : state.profiles.map((profile) =>
          profile.endpoints.some(({ id }) => byId.has(id))
            ? { ...profile, endpoints: profile.endpoints.map((one) => byId.get(one.id) ?? one) }
            : profile,
        );
  return {
    ...state,
    seq,
    at: change.at,
    now: change.now,
    profiles,
    queue: change.queue ?? state.queue,
    live: change.live ?? state.live,
    running: stillRunning(state.running, change.facts),
  };
}

/** The state after the next fact. */
export function stepped(state: PageState, step: PageStep): PageState {
  return changed(state, { ...step, live: null, facts: [], skipped: 0 }, step.seq);
}

/** What leads from one state to the next: only what is another, because most facts are about one endpoint. */
export function stepBetween(before: PageState, after: PageState): PageStep {
  const { seq, now, at } = after;
  const was = new Map(endpointsOf(before).map((one) => [one.id, JSON.stringify(one)]));
  const isWhole = JSON.stringify(withoutRows(before)) !== JSON.stringify(withoutRows(after));
  return {
    seq,
    now,
    at,
    state: isWhole ? after : null,
    endpoints: isWhole ? [] : endpointsOf(after).filter((one) => was.get(one.id) !== JSON.stringify(one)),
    queue: JSON.stringify(before.queue) === JSON.stringify(after.queue) ? null : after.queue,
  };
}

function endpointsOf({ profiles }: PageState): readonly PageEndpoint[] {
  return profiles.flatMap(({ endpoints }) => endpoints);
}

/** What a step tells only as a whole. */
function withoutRows(state: PageState): object {
  const profiles = state.profiles.map((one) => ({ ...one, endpoints: one.endpoints.map(({ id }) => id) }));
  return { ...state, profiles, seq: 0, now: '', at: '', queue: null };
}

/** The next list comes within a second: until then, a request whose end was heard is not said to run. */
function stillRunning(running: PageState['running'], facts: PageChange['facts']): PageState['running'] {
  const ended = new Set(facts.map(({ stream }) => stream));
  const left = running.filter(({ request }) => !ended.has(`request/${request}`));
  return left.length === running.length ? running : left;
}

/** Only what runs has changed. */
export function withLive(
  state: PageState,
  { now, live, running }: Pick<PageState, 'now' | 'live' | 'running'>,
): PageState {
  return { ...state, now, live, running };
}

/** Of a list that grows at its end: the newest ones, each once. */
export function newest<Row extends { readonly seq: number }>(
  rows: readonly Row[],
  more: readonly Row[],
  most: number,
): readonly Row[] {
  const last = rows.at(-1)?.seq ?? -1;
  const fresh = more.filter(({ seq }) => seq > last);
  return fresh.length === 0 ? rows : [...rows, ...fresh].slice(-most);
}
