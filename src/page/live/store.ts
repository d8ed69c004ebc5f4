/** What the page knows: the state, now or of the past, the place, and the reader's choices. Views read it, and are drawn again when it changes. */
import { computed, effect, signal } from '@preact/signals';
import type { Bands, PageChange, PageState } from '../../contract/dashboard.ts';
import type { FactRow } from '../../contract/history.ts';
import type { Answer, OperationName, Params } from '../../contract/operations.ts';
import { dayOf } from '../../platform/time.ts';
import { changed, newest, withLive } from '../change.ts';
import type { StreamEvent } from '../event-stream.ts';
import { fragmentOf, momentIn, type Place, placeOf, withOptions } from '../place.ts';
import { bandsAfter } from '../spans.ts';
import type { PageText } from '../words/words.ts';
import { callGateway, Expired, Refused, type Session } from './gateway.ts';
import { whenPainted } from './painted.ts';
import type { PastStates } from './past.ts';
import { ownFacts } from './source.ts';

/** `closed`: the gateway has closed the page on purpose. `expired`: the bearer is void. `unopened`: there was never one. */
export type Link = 'connecting' | 'open' | 'lost' | 'closed' | 'expired' | 'unopened';

// What the newest list shows.
const factsMax = 400;

export const session = signal<Session | null>(null);
export const link = signal<Link>('connecting');
export const words = signal<PageText | null>(null);
export const place = signal<Place>(placeOf(''));
/** The state of now; null until it is first known. */
export const present = signal<PageState | null>(null);
/** Facts that were heard while the page is open, oldest first. */
export const heard = signal<readonly FactRow[]>([]);
/** The last hour, for the bars; it grows with what is heard. */
export const hour = signal<Bands | null>(null);
/** So much the gateway's clock is ahead of this one. */
const ahead = signal(0);
/** Counts seconds while the page is seen, for what is counted down. */
export const second = signal(0);

/** The moment that everything is shown at; null for now. */
export const moment = computed(() => momentIn(place.value));
const past = signal<PageState | null>(null);
export const pastError = signal<string | null>(null);

/** What is shown: the state of now, or of the chosen moment. The former one stands until the next is there. */
export const shown = computed(() => (moment.value === null ? present.value : (past.value ?? present.value)));
/** The gateway's clock, also while the past is looked at. */
export const presentClock = computed(() => {
  void second.value;
  // Of an incident file, now is its end.
  if (present.value?.live === null) return Date.parse(present.value.now);
  return Date.now() + ahead.value;
});
/** The gateway's clock; in the past, that of the moment. */
export const clock = computed(() =>
  moment.value !== null && past.value ? Date.parse(past.value.now) : presentClock.value,
);
/** The day of that clock: who reads it is drawn again at midnight, and not each second. */
export const today = computed(() => dayOf(clock.value));
/** What every link of a view takes along. */
export const kept = computed(() => place.value.options['at']);
export const mayChange = computed(
  () =>
    session.value?.scope === 'write' && moment.value === null && link.value === 'open' && present.value?.live !== null,
);

/** `profile/name` by an endpoint's id, of now and of before. */
export const names = signal<ReadonlyMap<string, string>>(new Map());

/** Loaded with the first look into the past. */
let pastStates: PastStates | undefined;

/** Follows the chosen moment. Of many moments in a row only the last one is waited for. */
export function followMoment(): void {
  effect(() => {
    const at = moment.value;
    pastError.value = null;
    if (at === null) {
      past.value = null;
      return;
    }
    showPast(at);
  });
}

let isFetching = false;

/** One at a time: a slider that is drawn asks for the moment where it stands then, and not for all that it passed. */
async function fetchPast(seq: number): Promise<void> {
  if (isFetching) return;
  isFetching = true;
  try {
    const { PastStates: States } = await import('./past.ts');
    pastStates ??= new States((one, steps) =>
      ask('dashboard.state', { moment: { seq: one }, ...(steps > 0 && { steps }) }),
    );
    const state = await pastStates.fetched(seq);
    if (moment.value !== null) show(seq, state);
  } catch (error) {
    if (moment.value === seq) pastError.value = await sentenceOf(error);
  }
  isFetching = false;
  const next = moment.value;
  if (next !== null && next !== seq) showPast(next);
}

function showPast(at: number): void {
  const known = pastStates?.get(at);
  if (known) show(at, known);
  else void fetchPast(at);
}

function show(seq: number, state: PageState): void {
  past.value = state;
  if (!ownFacts()) void pastStates?.stepped(seq, present.value?.seq ?? seq);
}

/** An operation. @throws {Refused} */
export async function ask<Name extends OperationName>(
  name: Name,
  params: Params<Name>,
  signal?: AbortSignal,
): Promise<Answer<Name>> {
  const facts = ownFacts();
  if (facts) return await facts.call(name, params);
  if (!session.value) throw new Expired();
  try {
    return await callGateway(session.value, name, params, signal);
  } catch (error) {
    if (error instanceof Expired) link.value = 'expired';
    throw error;
  }
}

/** An error in the reader's language, with what may help. */
export async function sentenceOf(error: unknown): Promise<string> {
  if (!(error instanceof Refused)) return words.value?.views.frame.unreachable ?? String(error);
  const { inLanguage } = await import('../../messages/errors.ts');
  const known = { ...error.told, params: error.told.params ?? {} } as unknown as Parameters<typeof inLanguage>[0];
  const { message, hint } = inLanguage(known, words.value?.language ?? 'en');
  return hint === '' ? message : `${message} - ${hint}`;
}

/** Takes in what the stream says. */
export function hear({ event, id, data }: StreamEvent): void {
  if (event === 'closed') {
    link.value = 'closed';
    return;
  }
  if (event === 'state') begin(JSON.parse(data) as PageState);
  const state = present.value;
  if (!state) return;
  if (event === 'facts') {
    const change = JSON.parse(data) as PageChange;
    present.value = changed(state, change, id ?? state.seq);
    heard.value = newest(heard.value, change.facts, factsMax);
    hour.value = hour.value && bandsAfter(hour.value, present.value);
    ahead.value = Date.parse(change.now) - Date.now();
  } else if (event === 'live') {
    const change = JSON.parse(data) as Pick<PageState, 'now' | 'live' | 'running'>;
    present.value = withLive(state, change);
    ahead.value = Date.parse(change.now) - Date.now();
  }
}

export function begin(state: PageState): void {
  present.value = state;
  ahead.value = Date.parse(state.now) - Date.now();
}

export function go(to: Place): void {
  writeAddress('pushState', to);
  place.value = to;
}

/** Changes how the place is looked at, without a step to come back to. */
export function look(options: Readonly<Record<string, string | null>>): void {
  const to = withOptions(place.value, options);
  writeAddress('replaceState', to);
  place.value = to;
}

let unwritten: { readonly method: 'pushState' | 'replaceState'; readonly to: Place } | null = null;

/** Once the place is seen: the browser has work of its own with it, and would do that before it draws. */
function writeAddress(method: 'pushState' | 'replaceState', to: Place): void {
  // What is looked at in another way before its address was written has one step to come back to.
  if (unwritten && method === 'replaceState') unwritten = { method: unwritten.method, to };
  else {
    addressWritten();
    unwritten = { method, to };
    whenPainted(addressWritten);
  }
}

function addressWritten(): void {
  if (unwritten) history[unwritten.method](null, '', fragmentOf(unwritten.to));
  unwritten = null;
}

export function backToNow(): void {
  look({ at: null });
}
