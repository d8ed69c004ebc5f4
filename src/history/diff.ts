/** What differs between two moments, and which facts caused it. */
import { upcast } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf, type QueueId, streams, type TokenName } from '../../events/ids.ts';
import { isReason } from '../../events/reason.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { gatewayStatus } from '../../machines/gateway.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { ChangeRow } from '../contract/history.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import type { State } from '../runtime/state.ts';
import { seqOfMoment, stateAt } from './moment.ts';
import { rareFacts } from './parts.ts';

// A value that changed a thousand times is explained by its latest changes.
const factsMax = 100;

type Value = ChangeRow['from'];
/** `state`, `endpoints.3f9a2c1b.weight`: leaves by their paths. */
type Leaves = ReadonlyMap<string, Value>;

/** From the earlier to the later moment; reversed when they were named the other way round. */
export async function diffMoments(log: ReadableLog, params: Params<'history.diff'>): Promise<Answer<'history.diff'>> {
  const [from, to] = [await seqOfMoment(log, params.from), await seqOfMoment(log, params.to)];
  const state = await stateAt(log, Math.min(from, to));
  const before = aspectsOf(state);
  const now = new Map(before);
  const made = new Map<string, number[]>();
  // A request by itself moves no machine.
  for await (const facts of rareFacts(log, [state.seq + 1, Math.max(from, to)], () => true)) {
    for (const fact of facts) follow(state, upcast(fact), now, made);
  }
  const names = [...new Set([...before.keys(), ...now.keys()])].sort();
  const changes = names.flatMap((stream) => {
    const [then, since] = [before.get(stream) ?? none, now.get(stream) ?? none];
    return changedPaths(then, since).map((path): ChangeRow => {
      const [old, young] = [then.get(path) ?? null, since.get(path) ?? null];
      const [first, second] = from <= to ? [old, young] : [young, old];
      const facts = made.get(keyOf(stream, path)) ?? [];
      return { stream, path, from: first, to: second, facts: facts.slice(-factsMax) };
    });
  });
  return { from, to, changes };
}

const none: Leaves = new Map();
const keyOf = (stream: string, path: string) => `${stream} ${path}`;

/** Folds one fact, and records which leaves it changed. */
function follow(state: State, fact: Recorded, now: Map<string, Leaves>, made: Map<string, number[]>): void {
  const touched = touchedBy(state, fact);
  state.apply(fact);
  for (const stream of touched) {
    const after = aspectOf(state, stream);
    for (const path of changedPaths(now.get(stream) ?? none, after)) {
      const key = keyOf(stream, path);
      const facts = made.get(key) ?? [];
      facts.push(fact.seq);
      if (facts.length > 2 * factsMax) facts.splice(0, factsMax);
      made.set(key, facts);
    }
    now.set(stream, after);
  }
}

/** The fact's own stream; for a profile the machines of its endpoints, for a weight the profile of its endpoint. */
function touchedBy(state: State, { stream, type, data }: Recorded): readonly string[] {
  const kind = kindOf(stream);
  if (kind === 'profile') {
    const { endpoint } = data as { endpoint?: string };
    const known = state.profiles.get(nameOf(stream))?.endpoints.map(({ id }) => streams.endpoint(id)) ?? [];
    const others = state.profiles.all().map(({ name }) => streams.profile(name));
    return [...new Set([stream, ...others, ...known, ...(endpoint === undefined ? [] : [`endpoint/${endpoint}`])])];
  }
  const profile = type === 'WeightAdjusted' ? state.profiles.endpoint(nameOf(stream))?.profile : undefined;
  return profile === undefined ? [stream] : [stream, streams.profile(profile)];
}

function aspectsOf(state: State): ReadonlyMap<string, Leaves> {
  const names = [
    streams.config,
    streams.gateway,
    streams.priority,
    ...state.profiles.all().map(({ name }) => streams.profile(name)),
    ...state.profiles.endpoints().map(({ id }) => streams.endpoint(id)),
    ...state.tokens.all().map(({ name }) => streams.token(name as TokenName)),
    ...[...state.queue.snapshots()].map(([id]) => streams.queue(id)),
  ];
  return new Map(names.map((stream) => [stream, aspectOf(state, stream)]));
}

function aspectOf(state: State, stream: string): Leaves {
  const leaves = new Map<string, Value>();
  spread('', partOf(state, stream), leaves);
  return leaves;
}

function partOf(state: State, stream: string): unknown {
  switch (kindOf(stream)) {
    case 'config':
      return Object.fromEntries(state.settings);
    case 'gateway':
      return gatewayStatus(state.gateway);
    case 'priority':
      return priorityStatus(state.priority);
    case 'endpoint': {
      const known = state.profiles.endpoint(nameOf(stream));
      return known && endpointStatus(state.endpoint(known.id));
    }
    case 'queue':
      return state.queue.item(nameOf(stream) as QueueId);
    case 'token':
      return tokenValue(state, nameOf(stream));
    case 'profile':
      return profileValue(state, nameOf(stream));
    default:
      return undefined;
  }
}

function tokenValue(state: State, name: string): unknown {
  const { name: _, keyedHash: __, ...token } = state.tokens.get(name) ?? {};
  return token;
}

function profileValue(state: State, name: string): unknown {
  const profile = state.profiles.get(name);
  if (!profile) return undefined;
  const { endpoints, name: _, ...own } = profile;
  const byId = endpoints.map(({ id, endpoint: __, profile: ___, secret: ____, ...settings }) => [id, settings]);
  return { ...own, default: state.profiles.default === name, endpoints: Object.fromEntries(byId) };
}

/** A timer's generation is bookkeeping; its instant is in `until`, or in the timer's own field. */
const unspoken: ReadonlySet<string> = new Set(['gen', 'timer', 'timers']);

function spread(path: string, value: unknown, into: Map<string, Value>): void {
  if (value === undefined) return;
  if (Array.isArray(value)) into.set(path, JSON.stringify(value));
  else if (isReason(value)) into.set(path, value);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      if (!unspoken.has(name)) spread(path === '' ? name : `${path}.${name}`, inner, into);
    }
  } else into.set(path, value as Value);
}

function changedPaths(one: Leaves, other: Leaves): readonly string[] {
  const changed: string[] = [];
  for (const [path, value] of one) if (!isSame(value, other.get(path) ?? null)) changed.push(path);
  for (const [path, value] of other) if (!one.has(path) && !isSame(null, value)) changed.push(path);
  // Shown first, because people look for it first.
  return changed.sort((a, b) => Number(b === 'state') - Number(a === 'state'));
}

function isSame(one: Value, other: Value): boolean {
  return one === other || (isReason(one) && isReason(other) && JSON.stringify(one) === JSON.stringify(other));
}
