/** `qcc history what-if`: the recorded outcomes run through the same machines under other settings. */
import { upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf, streams } from '../../events/ids.ts';
import type { ModelRule } from '../../events/profile.ts';
import type { Served } from '../../events/request.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { rulesText } from '../../machines/model-map.ts';
import { checkModelRules, parseModelRule } from '../config/network/model-rules.ts';
import { effective, parseSetting, type Settings } from '../config/settings/settings.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ElsewhereRow, SwitchChange, TierTimes, WhatIfAnswer } from '../contract/what-if.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { rehearsed } from '../page/tried-settings.ts';
import { iso } from '../platform/time.ts';
import { endpointPolicy, priorityPolicy, queuePolicy } from '../policies/policies.ts';
import type { State } from '../runtime/state.ts';
import { Batches } from './batches.ts';
import { stateAt } from './moment.ts';
import { type EndOfRequest, type Foretold, Rehearsal, type Side } from './rehearsal.ts';
import { Caches } from './session-caches.ts';
import type { TriedModels } from './tried-models.ts';

// A person reads the first of them; a script has the numbers.
const changesMax = 200;
const elsewhereMax = 20;
// Two occurrences of one switch count as the same when they are this close.
const sameSwitchMs = 2_000;

/** What no log tells. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A model's name as the record holds it. */
  readonly recordedName: (name: string) => string;
}

export async function whatIf(
  log: ReadableLog,
  params: Params<'history.whatIf'>,
  { env, recordedName }: Surroundings,
): Promise<Answer<'history.whatIf'>> {
  const given = Object.entries(params.set ?? {}).map(([name, text]) => tried(name, text));
  const under = Object.fromEntries(given.map(({ key, value }) => [key, value]));
  const rules = await triedRules(log, params.endpoints ?? {});
  const sides = { recorded: sideOf(env, {}), under: { ...sideOf(env, under), models: { rules, recordedName } } };
  const maps = [...rules].map(([id, table]) => [`${id}.models`, rulesText(table)] as const);
  return { under: { ...under, ...Object.fromEntries(maps) }, ...(await rehearse(log, sides, params)) };
}

/** @param given `ID.models` with its rules, separated by commas; none of them takes the whole table away */
async function triedRules(log: ReadableLog, given: Readonly<Record<string, string>>): Promise<TriedModels['rules']> {
  const tried = new Map<EndpointId, readonly ModelRule[]>();
  const names = Object.entries(given);
  if (names.length === 0) return tried;
  const all = (await stateAt(log, log.head)).profiles.endpoints();
  for (const [name, text] of names) {
    const id = name.endsWith(ofModels) ? name.slice(0, -ofModels.length) : undefined;
    if (id === undefined) throw new QccError('QCC_WHATIF_ENDPOINT', { name }, exitCodes.usage);
    const found = all.filter((one) => one.id.startsWith(id.toLowerCase()) || one.name === id);
    const [endpoint] = found;
    if (!endpoint || found.length > 1)
      throw new QccError('QCC_WHATIF_UNKNOWN', { id, count: found.length }, exitCodes.notFound);
    const rules = text
      .split(',')
      .filter((rule) => rule.trim() !== '')
      .map(parseModelRule);
    checkModelRules(rules);
    tried.set(endpoint.id, rules);
  }
  return tried;
}

const ofModels = '.models';

function tried(name: string, text: string) {
  const parsed = parseSetting(name, text);
  if (rehearsed.test(parsed.key)) return parsed;
  throw new QccError('QCC_WHATIF_SETTING', { key: parsed.key }, exitCodes.usage);
}

/** Settings are recomputed only when one has changed. */
function sideOf(env: Surroundings['env'], over: Readonly<Record<string, unknown>>): Side {
  let [known, version]: [Settings | undefined, number] = [undefined, -1];
  const settings = (state: State) => {
    // Needed twice a request: the version of their stream tells whether one has changed.
    const now = state.versions.get('config') ?? 0;
    if (!known || now !== version) known = { ...effective(state.settings, env).settings, ...over } as Settings;
    version = now;
    return known;
  };
  return {
    settings,
    policies: (state) => ({
      endpoint: (id) => endpointPolicy(settings(state), state.profiles.endpoint(id)),
      priority: () => priorityPolicy(settings(state)),
      queue: () => queuePolicy(settings(state)),
    }),
  };
}

/** @param sides the recorded rules, and those under test */
export async function rehearse(
  log: ReadableLog,
  sides: { readonly recorded: Side; readonly under: Side },
  { since, fromSeq }: { readonly since?: Millis; readonly fromSeq?: number },
): Promise<Omit<WhatIfAnswer, 'under'>> {
  const from = Math.max(log.tail, fromSeq ?? (since === undefined ? 1 : await log.seqAt(since)));
  const then = await stateAt(log, from - 1);
  const rehearsal = await Rehearsal.begin(then, sides, await foretoldIn(log, from, then));
  const account = new Account(rehearsal, since);
  const batches = new Batches();
  for await (const facts of log.read(from)) {
    for (const raw of facts) {
      const fact = upcast(raw);
      account.recorded(fact);
      const batch = batches.take(fact);
      if (batch) {
        rehearsal.play(batch);
        account.moved(fact.at);
      }
    }
  }
  const last = batches.end();
  if (last) rehearsal.play(last);
  return account.sum(from, log.head);
}

const namesRequest: ReadonlySet<string> = new Set([
  'AttemptFailed',
  'AttemptSucceeded',
  'ModelNotFound',
  'ModelFound',
  'BodyRefused',
]);

/** Requests that other facts mention before they end. Most requests have one successful attempt and are not kept. */
async function foretoldIn(log: ReadableLog, from: number, then: State): Promise<Foretold> {
  const isTold = [...then.endpoints.values()].some((one) => endpointStatus(one).lacks.length > 0);
  const seen = new Foreseen(isTold ? 0 : Number.POSITIVE_INFINITY);
  for await (const facts of log.read(from)) {
    for (const fact of facts) seen.take(fact);
  }
  return seen;
}

class Foreseen implements Foretold {
  readonly requests = new Map<string, Recorded & { readonly data: Served }>();
  readonly succeeded = new Set<string>();
  /** Requests that a fact has mentioned, and whose end has not come yet. */
  readonly #named = new Set<string>();
  lackingSeq: number;

  constructor(lackingSeq: number) {
    this.lackingSeq = lackingSeq;
  }

  take(fact: Recorded): void {
    const { request } = fact.data as { request?: string | null };
    if (fact.type === 'AttemptSucceeded' && request) this.succeeded.add(request);
    if (fact.type === 'ModelNotFound') this.lackingSeq = Math.min(this.lackingSeq, fact.seq);
    if (namesRequest.has(fact.type) && request) this.#named.add(request);
    if (kindOf(fact.stream) !== 'request' || !this.#named.delete(nameOf(fact.stream))) return;
    this.requests.set(nameOf(fact.stream), upcast(fact) as Recorded & { readonly data: Served });
  }
}

interface Switched {
  readonly at: Millis;
  readonly seq: number;
  readonly kind: 'failover' | 'recovery';
  readonly from: string;
  readonly to: string;
}

const noTime = (): Record<keyof TierTimes, number> => ({ primary: 0, secondary: 0, fallback: 0, none: 0 });

/** The results of each side. */
class Account {
  readonly #rehearsal: Rehearsal;
  readonly #switches = { recorded: [] as Switched[], replayed: [] as Switched[] };
  readonly #out = { recorded: 0, replayed: 0 };
  readonly #outNow = { recorded: new Set<string>(), replayed: new Set<string>() };
  readonly #failures = { recorded: 0, replayed: 0, unknown: 0 };
  #otherModel = 0;
  readonly #attempts = { recorded: 0, replayed: 0 };
  readonly #caches = { recorded: new Caches(), replayed: new Caches() };
  readonly #tiers = { recorded: noTime(), replayed: noTime() };
  readonly #elsewhere: ElsewhereRow[] = [];
  #elsewhereCount = 0;
  /** The beginning of the window: earlier facts set up the state, and are not counted. */
  #since: Millis | undefined;
  #requests = 0;
  #at: Millis;

  /** @param since the window's beginning; without it, its first fact */
  constructor(rehearsal: Rehearsal, since: Millis | undefined) {
    this.#rehearsal = rehearsal;
    this.#since = since;
    this.#at = since ?? 0;
    for (const [id, snapshot] of rehearsal.state.endpoints) {
      if (endpointStatus(snapshot).state !== 'failed') continue;
      for (const out of Object.values(this.#outNow)) out.add(streams.endpoint(id));
    }
    rehearsal.onFacts((facts) => {
      for (const fact of facts) this.#note(fact, 'replayed');
    });
    rehearsal.onRequest((one) => this.#request(one));
  }

  recorded(fact: Recorded): void {
    this.#since ??= fact.at;
    this.#at ||= fact.at;
    this.#note(fact, 'recorded');
  }

  #note({ type, data, at, seq, stream }: Recorded, side: 'recorded' | 'replayed'): void {
    const out = this.#outNow[side];
    const isInside = at >= (this.#since ?? at);
    // A longer ejection does not count as another one.
    if (type === 'EndpointFailed' && !out.has(stream) && isInside) this.#out[side]++;
    if (type === 'EndpointFailed') out.add(stream);
    if (type === 'EndpointRecovering' || type === 'EndpointRecovered') out.delete(stream);
    if ((type !== 'FailedOver' && type !== 'Recovered') || !isInside) return;
    const { from, to } = data as { from: string; to: string };
    this.#switches[side].push({ at, seq, kind: type === 'FailedOver' ? 'failover' : 'recovery', from, to });
  }

  /** Advances the time, which was spent in the tiers that were active until now. */
  moved(at: Millis): void {
    const ms = Math.max(0, at - this.#at);
    this.#tiers.recorded[tierOf(this.#rehearsal.recorded)] += ms;
    this.#tiers.replayed[tierOf(this.#rehearsal.state)] += ms;
    this.#at = Math.max(this.#at, at);
  }

  #request({ fact, end, happened, isOtherModel }: EndOfRequest): void {
    const { type, data } = fact;
    this.#requests++;
    this.#attempts.recorded += data.attempts.length;
    this.#attempts.replayed += happened.length;
    this.#compare(fact, end, happened);
    const isBad = type === 'RequestFailed' || type === 'AnswerBroken';
    if (isBad) this.#failures.recorded++;
    if (isOtherModel) this.#otherModel++;
    if (end === 'unknown') this.#failures.unknown++;
    else if (end === 'failed') this.#failures.replayed++;
    const isServed = type === 'RequestServed' && data.status < 400;
    if (isServed) this.#caches.recorded.served(fact);
    if (isServed && end === 'served') this.#caches.replayed.served(fact);
    if (end === 'unknown') this.#caches.replayed.lost(data.session);
  }

  /** Where it ended, on both sides. */
  #compare(
    { type, seq, at, stream, data }: EndOfRequest['fact'],
    end: EndOfRequest['end'],
    happened: Served['attempts'],
  ): void {
    const isCancelled = (type as string) === 'RequestCancelled';
    const [recorded, replayed] = [data.attempts, happened].map((attempts) => attempts.at(-1)?.endpoint ?? null);
    if (isCancelled || (recorded === replayed && end !== 'unknown')) return;
    this.#elsewhereCount++;
    if (this.#elsewhere.length === elsewhereMax) return;
    const request = nameOf(stream);
    this.#elsewhere.push({
      request,
      seq,
      at: iso(at),
      recorded: recorded ?? null,
      replayed: replayed ?? null,
      isKnown: end !== 'unknown',
    });
  }

  sum(from: number, to: number): Omit<WhatIfAnswer, 'under'> {
    const { recorded, replayed } = this.#switches;
    return {
      from,
      to,
      requests: this.#requests,
      switches: { recorded: recorded.length, replayed: replayed.length },
      failures: this.#failures,
      otherModel: this.#otherModel,
      attempts: this.#attempts,
      outages: this.#out,
      tierMs: this.#tiers,
      sessions: { recorded: this.#caches.recorded.sum(), replayed: this.#caches.replayed.sum() },
      changes: differences(recorded, replayed).slice(0, changesMax),
      elsewhere: { count: this.#elsewhereCount, first: this.#elsewhere },
    };
  }
}

function tierOf({ profiles, priority }: State): keyof TierTimes {
  const { active } = priority.context;
  return (active === null ? undefined : profiles.get(active)?.tier) ?? 'none';
}

/** Switches of one side that the other one does not have, in their order. */
function differences(recorded: readonly Switched[], replayed: readonly Switched[]): readonly SwitchChange[] {
  const left = [...replayed];
  const only = (one: Switched, side: SwitchChange['only']): SwitchChange => ({
    only: side,
    at: iso(one.at),
    seq: side === 'recorded' ? one.seq : null,
    kind: one.kind,
    from: one.from,
    to: one.to,
  });
  const missing = recorded.filter((one) => {
    const twin = left.findIndex(
      ({ kind, from, to, at }) =>
        kind === one.kind && from === one.from && to === one.to && Math.abs(at - one.at) <= sameSwitchMs,
    );
    if (twin >= 0) left.splice(twin, 1);
    return twin < 0;
  });
  const all = [...missing.map((one) => only(one, 'recorded')), ...left.map((one) => only(one, 'replayed'))];
  return all.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
