/**
 * The way of one request under other rules. As long as the rules would have asked what was asked, its outcome is the recorded
 * one. Where they would have asked somebody else, the outcome is known only if that one was asked later in the same request.
 */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import type { Attempt, Served } from '../../events/request.ts';
import { isOpen, mayBeFirst } from '../../machines/choice.ts';
import { type Candidate, type InFlightView, isPassedOver, plan, type RouteAsk } from '../../machines/route.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { Sessions } from '../proxy/sessions.ts';

const secondMs = 1_000;

/** The routing view of a moment of the replay. */
export interface Place {
  readonly view: RoutingView;
  /** It is the one that was recorded: whatever chance decided then stands. */
  readonly same: boolean;
}

/** What the walk looks at while it goes. */
export interface Context {
  /** The view that a request's first choice looked at, by the number of its fact; a later one, by its instant. */
  placeAt(seq: number): Place;
  placeThen(at: Millis): Place;
  readonly recorded: Settings;
  readonly under: Settings;
  readonly sessions: Sessions;
  /** The log has a fact of its own for a model that is not there; before that, the attempt alone says so. */
  readonly tellsLacking: boolean;
}

export type End = 'served' | 'failed' | 'cancelled' | 'unknown';

// What ran at a moment of the past is in no fact: everybody has room, and every trial may happen.
const nobodyRuns: InFlightView = {
  count: () => 0,
  isHalfOpenPermitFree: () => true,
  panicAt: () => Number.NEGATIVE_INFINITY,
  turn: () => 0,
};
const always = () => 0;

export class Walk {
  readonly happened: Attempt[] = [];
  readonly #request: Served;
  readonly #endedAt: Millis;
  readonly #tried = new Set<EndpointId>();
  readonly #overloaded = new Set<string>();
  #looked = 0;
  /** Whom the rules would have asked, and whose answer nobody has seen yet. */
  #wanted: EndpointId | null = null;
  #end: End | null = null;

  constructor(request: Served, endedAt: Millis) {
    this.#request = request;
    this.#endedAt = endedAt;
  }

  /** A failure that was told of: whether the request would have met it. */
  meets(endpoint: string, failure: string, context: Context): boolean {
    const { attempts } = this.#request;
    const index = attempts.findIndex(
      (one, i) => i >= this.#looked && one.endpoint === endpoint && one.outcome === failure,
    );
    // Attempts that could be told of and were not are those that stand in no request: nothing speaks against it.
    if (index < 0) return this.#end === null;
    let happens = false;
    while (this.#looked <= index) happens = this.#step(context);
    return happens;
  }

  /** What became of it in the end. */
  ends(type: string, context: Context): End {
    while (this.#looked < this.#request.attempts.length) this.#step(context);
    if (this.#end) return this.#end;
    if (type === 'RequestCancelled') return 'cancelled';
    if (this.#wanted !== null) return 'unknown';
    const place = context.placeThen(this.#endedAt);
    if (this.#isAsRecorded(place, context) || this.happened.length >= context.under['proxy.max_attempts'])
      return 'failed';
    return this.#candidates(place, this.#endedAt, context).length > 0 ? 'unknown' : 'failed';
  }

  #step(context: Context): boolean {
    const { attempts, view } = this.#request;
    const attempt = attempts[this.#looked];
    const before = attempts[this.#looked - 1];
    this.#looked++;
    if (!attempt || this.#end) return false;
    // A short pause at the session's own endpoint was waited out: it is one choice.
    const isAgain = before?.endpoint === attempt.endpoint && this.happened.at(-1) === before;
    const place = this.#looked === 1 ? context.placeAt(view) : context.placeThen(attempt.at);
    if (!isAgain && !this.#isChosen(attempt, place, context)) return false;
    this.#happens(attempt, place, context);
    return true;
  }

  #isChosen({ endpoint, at }: Attempt, place: Place, context: Context): boolean {
    const id = endpoint as EndpointId;
    if (this.#wanted !== null) return this.#wanted === id;
    if (this.happened.length >= context.under['proxy.max_attempts']) {
      this.#end = 'failed';
      return false;
    }
    if (this.#isAsRecorded(place, context)) return true;
    const candidates = this.#candidates(place, at, context);
    const isSameDraw = context.under['loadbalancer.strategy'] === context.recorded['loadbalancer.strategy'];
    if (isSameDraw && mayBeFirst(candidates, id)) return true;
    const [first] = candidates;
    if (!first) this.#end = 'failed';
    else if (isOpen(candidates)) this.#end = 'unknown';
    else if (first.endpoint.id === id) return true;
    else this.#wanted = first.endpoint.id;
    return false;
  }

  #happens(attempt: Attempt, { view }: Place, { sessions, tellsLacking }: Context): void {
    const id = attempt.endpoint as EndpointId;
    this.happened.push(attempt);
    this.#wanted = null;
    this.#tried.add(id);
    const origin = view.endpoints.get(id)?.origin;
    if (attempt.outcome === 'overloaded' && origin !== undefined) this.#overloaded.add(origin);
    if (attempt.outcome === 'noModel' && !tellsLacking) sessions.noteLacking(id, this.#request.model, attempt.at);
    if (attempt.outcome === 'answered') this.#end = 'served';
    if (attempt.outcome === 'cancelled') this.#end = 'cancelled';
  }

  /** Nothing that routing looks at is different. */
  #isAsRecorded({ same }: Place, { recorded, under }: Context): boolean {
    return same && routingKeys.every((key) => recorded[key] === under[key]);
  }

  #candidates({ view }: Place, now: Millis, { under, sessions }: Context): readonly Candidate[] {
    const { session, model, within, path } = this.#request;
    const ttlMs = under['loadbalancer.sticky_ttl'] * secondMs;
    const ask: RouteAsk = {
      within,
      binding: under['loadbalancer.sticky_session'] ? sessions.bound(session, ttlMs, now) : null,
      tried: this.#tried,
      avoid: sessions.avoided(session, now),
      overloaded: this.#overloaded,
      lacksModel: (one: RoutableEndpoint) =>
        isPassedOver(one, view, ask, model, now) || sessions.lacks(one.id, model, now),
    };
    const rules = { strategy: under['loadbalancer.strategy'], healthAware: under['loadbalancer.health_aware'] };
    const { candidates } = plan(view, ask, nobodyRuns, rules, now, always);
    // Batches and files belong to one account: never a second one.
    return isPassthrough(path) && this.happened.length > 0 ? [] : candidates;
  }
}

const routingKeys = [
  'loadbalancer.strategy',
  'loadbalancer.health_aware',
  'loadbalancer.sticky_session',
  'loadbalancer.sticky_ttl',
  'proxy.max_attempts',
] as const;

function isPassthrough(path: string): boolean {
  return path.startsWith('/v1/messages/batches') || path.startsWith('/v1/files');
}
