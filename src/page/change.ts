/** What the page knows, after what it has heard. */
import type { PageChange, PageState } from '../contract/dashboard.ts';

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
