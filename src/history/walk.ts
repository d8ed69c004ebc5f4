/**
 * The course of one request under other rules. As long as the rules choose the recorded endpoints, its outcome is the recorded one. Where
 * they choose another one, the outcome is known only if that endpoint was asked later in the same request.
 */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import type { Attempt, Served } from '../../events/request.ts';
import { isOpen, mayBeFirst } from '../../machines/choice.ts';
import { classifyCount, clientsAffair } from '../../machines/classify.ts';
import { Failover } from '../../machines/failover.ts';
import type { Command, FailoverDeps, Input } from '../../machines/failover-commands.ts';
import type { FailoverPolicy, Refused } from '../../machines/failover-policy.ts';
import { type Candidate, type Plan, plan } from '../../machines/route.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { Sessions } from '../proxy/sessions.ts';
import { isRepaired } from './decided.ts';
import { isOtherModel, type TriedModels } from './tried-models.ts';

/** The routing view of a moment of the replay. */
export interface Place {
  readonly view: RoutingView;
  /** The view equals the recorded one: then the recorded random choice holds. */
  readonly same: boolean;
}

/** What the walk reads. */
export interface Context {
  /** The view of a request's first choice, by the number of its fact; a later one, by its instant. */
  placeAt(seq: number): Place;
  placeThen(at: Millis): Place;
  readonly recorded: Settings;
  readonly under: Settings;
  /** The failover settings under test. */
  readonly failover: FailoverPolicy;
  readonly sessions: Sessions;
  /** Model maps under test. */
  readonly tried: TriedModels;
  /** The log has a fact of its own for a missing model; in older logs only the attempt shows it. */
  readonly tellsLacking: boolean;
}

export type End = 'served' | 'failed' | 'cancelled' | 'unknown';

// No fact records in-flight requests: every endpoint has room, every half-open permit is free, and the retry budget is not exhausted.
const nobodyRuns: FailoverDeps['inFlight'] = {
  count: () => 0,
  isHalfOpenPermitFree: () => true,
  panicAt: () => Number.NEGATIVE_INFINITY,
  turn: () => 0,
  spend: () => true,
};

/** What the request's machine sees during a step. */
interface Scene {
  readonly context: Context;
  readonly place: Place;
  /** The next recorded event; null when there is none. */
  readonly attempt: Attempt | null;
}

export class Walk {
  readonly happened: Attempt[] = [];
  /** Its end is unknown because an endpoint would have been asked for another model. */
  isOtherModel = false;
  readonly #request: Served;
  readonly #endedAt: Millis;
  #machine: Failover;
  /** The machine's next input. */
  #input: Input = { type: 'start' };
  #scene: Scene | undefined;
  /** The candidates of the machine's last choice. */
  #candidates: readonly Candidate[] = [];
  #looked = 0;
  #repairs = 0;
  /** The endpoint that the rules choose, and whose answer was not yet found in the record. */
  #wanted: EndpointId | null = null;
  #end: End | null = null;

  constructor(request: Served, endedAt: Millis) {
    this.#request = request;
    this.#endedAt = endedAt;
    this.#machine = this.#newMachine();
  }

  /** A reported failure: whether the request would have met it. */
  meets(endpoint: string, failure: string, context: Context): boolean {
    const { attempts } = this.#request;
    const index = attempts.findIndex(
      (one, i) => i >= this.#looked && one.endpoint === endpoint && one.outcome === failure,
    );
    // An attempt that was reported but is in no request: nothing contradicts it.
    if (index < 0) return this.#end === null;
    let happens = false;
    while (this.#looked <= index) happens = this.#step(context);
    return happens;
  }

  /** The request's final outcome. */
  ends(type: string, context: Context): End {
    while (this.#looked < this.#request.attempts.length) this.#step(context);
    this.#end ??= this.#without(type, context);
    return this.#end;
  }

  /** None of the recorded attempts was its end. */
  #without(type: string, context: Context): End {
    if (type === 'RequestCancelled') return 'cancelled';
    if (this.#wanted !== null) return 'unknown';
    const place = context.placeThen(this.#endedAt);
    if (isAsRecorded(place, context)) return 'failed';
    const { do: next } = this.#advance({ context, place, attempt: null }, this.#endedAt);
    return next === 'try' ? 'unknown' : 'failed';
  }

  #step(context: Context): boolean {
    const { attempts, view } = this.#request;
    const attempt = attempts[this.#looked];
    this.#looked++;
    if (!attempt || this.#end) return false;
    const place = this.#looked === 1 ? context.placeAt(view) : context.placeThen(attempt.at);
    const scene = { context, place, attempt };
    if (this.#wanted === null && !this.#isChosen(attempt, scene)) return false;
    if (this.#wanted !== null && this.#wanted !== attempt.endpoint) return false;
    if (isOtherModel(attempt, this.#request.model, place.view, context.tried)) {
      this.isOtherModel = true;
      this.#end = 'unknown';
      return false;
    }
    this.#happens(attempt, scene);
    return true;
  }

  /** Otherwise the reason is known: the rules end there, they choose another endpoint, or chance decides. */
  #isChosen({ endpoint, at }: Attempt, scene: Scene): boolean {
    const command = this.#advance(scene, at);
    if (command.do !== 'try') this.#end = 'failed';
    else if (command.candidate.endpoint.id === endpoint) return true;
    else if (isOpen(this.#candidates)) this.#end = 'unknown';
    else this.#wanted = command.candidate.endpoint.id;
    return false;
  }

  /** It was refused, and changed as the refusal asked for: whatever the rules are, the same endpoint was asked again. */
  get #isRepaired(): boolean {
    return isRepaired(this.#request.attempts, this.#looked - 1);
  }

  #happens(attempt: Attempt, { context, place }: Scene): void {
    const { sessions, tellsLacking } = context;
    const id = attempt.endpoint as EndpointId;
    const next = this.#request.attempts[this.#looked];
    this.happened.push(attempt);
    this.#wanted = null;
    if (attempt.outcome === 'noModel' && !tellsLacking) sessions.noteLacking(id, this.#request.model, attempt.at);
    if (attempt.outcome === 'cancelled') this.#end = 'cancelled';
    else if (attempt.outcome === 'brokenAnswer') this.#end = 'failed';
    else if (this.#isRepaired) this.#repairs++;
    // An answer after which another endpoint was asked only said that the model is missing.
    else if (attempt.outcome === 'answered' && !(next && isAsRecorded(place, context))) this.#end = 'served';
    this.#input = { type: 'failed', said: saidBy(attempt, next, this.#isRepaired ? `repair ${this.#repairs}` : null) };
  }

  /** The machine's command after the last attempt, and after the recorded wait. */
  #advance(scene: Scene, now: Millis): Command {
    this.#scene = scene;
    let command = this.#machine.step(this.#input, now);
    if (command.do === 'pause') command = this.#machine.step({ type: 'waited' }, now);
    const goesOn = scene.attempt !== null && isAsRecorded(scene.place, scene.context);
    if (command.do === 'try' || !goesOn) return command;
    // The record does not show why, most likely its turn in the queue: a new round.
    this.#machine = this.#newMachine();
    return this.#machine.step({ type: 'start' }, now);
  }

  #newMachine(): Failover {
    const { within, model, session, path, durationMs } = this.#request;
    const awaitedSince = this.#endedAt - durationMs;
    return new Failover(
      {
        within,
        model,
        session,
        isPassthrough: isPassthrough(path),
        isCount: path === counting,
        bytes: unknownSize,
        awaitedSince,
      },
      this.#deps,
    );
  }

  get #now(): Scene {
    return this.#scene as Scene;
  }

  readonly #deps: FailoverDeps = {
    view: () => this.#now.place.view,
    policy: () => this.#now.context.failover,
    inFlight: nobodyRuns,
    sessions: {
      bound: (...of) => this.#now.context.sessions.bound(...of),
      avoided: (...of) => this.#now.context.sessions.avoided(...of),
    },
    patienceMs: () => 0,
    route: (...asked) => this.#route(...asked),
    dice: () => 0,
  };

  /** The plan, with the recorded random choice: the recorded endpoint comes first where the rules allow it. */
  #route(...[view, ask, inFlight, rules, now, dice]: Parameters<typeof plan>): Plan {
    const { context, place, attempt } = this.#now;
    const { model } = this.#request;
    const lacksModel = (one: RoutableEndpoint) => ask.lacksModel(one) || context.sessions.lacks(one.id, model, now);
    const made = plan(view, { ...ask, lacksModel }, inFlight, rules, now, dice);
    this.#candidates = made.candidates;
    const asked = attempt && view.endpoints.get(attempt.endpoint as EndpointId);
    if (!asked) return made;
    const known = made.candidates.find(({ endpoint }) => endpoint.id === asked.id);
    if (isAsRecorded(place, context)) {
      const because = attempt.because as Candidate['because'];
      return { candidates: [known ?? { endpoint: asked, because }], busy: false, full: [] };
    }
    const isSameDraw = context.under['loadbalancer.strategy'] === context.recorded['loadbalancer.strategy'];
    if (!known || !isSameDraw || !mayBeFirst(made.candidates, asked.id)) return made;
    return { ...made, candidates: [known, ...made.candidates.filter((one) => one !== known)] };
  }
}

/** The endpoint's answer, as far as it is recorded. */
function saidBy({ endpoint, outcome, status }: Attempt, next: Attempt | undefined, repair: string | null): Refused {
  const head = status === null ? null : { status };
  if (repair !== null)
    return { verdict: { ...clientsAffair, repair }, detail: reason('told', { text: outcome }), head };
  if (outcome === 'answered' || outcome === 'cancelled')
    return { verdict: classifyCount, detail: reason('told', { text: outcome }), head };
  const failure = outcome === 'noNetwork' ? 'unreachable' : outcome;
  // A short pause at the session's own endpoint was waited out, if it was asked once more.
  const retryAfterMs = next?.endpoint === endpoint ? 0 : null;
  return { verdict: { failure, retryAfterMs, resetAt: null }, detail: reason('told', { text: outcome }), head };
}

/** True when all inputs of routing are equal. */
function isAsRecorded({ same }: Place, { recorded, under }: Context): boolean {
  return same && routingKeys.every((key) => recorded[key] === under[key]);
}

const routingKeys = [
  'loadbalancer.strategy',
  'loadbalancer.health_aware',
  'loadbalancer.sticky_session',
  'loadbalancer.sticky_ttl',
  'proxy.max_attempts',
] as const;

const counting = '/v1/messages/count_tokens';
// No fact records how large a request was.
const unknownSize = 0;

function isPassthrough(path: string): boolean {
  return path.startsWith('/v1/messages/batches') || path.startsWith('/v1/files');
}
