/** The life of one request: carries out what `machines/failover.ts` commands, and tells what came of it. Read it from top to bottom. */
import { setTimeout as later } from 'node:timers/promises';
import type { Millis } from '../../events/fact.ts';
import type { RequestId } from '../../events/ids.ts';
import { type CallReason, type ReasonOrWord, reason } from '../../events/reason.ts';
import { attemptFailure, brokenVerdict } from '../../machines/classify.ts';
import { Failover } from '../../machines/failover.ts';
import type { Command, Input } from '../../machines/failover-commands.ts';
import type { Candidate } from '../../machines/route.ts';
import { adaptedHeaders } from './adaptation/adapter.ts';
import { type AttemptRequest, attemptOver, attemptRequest } from './adaptation/attempt-request.ts';
import { adaptationOf, repairedVerdict } from './adaptation/repaired-refusal.ts';
import type { RequestAdaptation } from './adaptation/request-adaptation.ts';
import type { Place } from './admission/admission.ts';
import type { RoomWaiter } from './admission/room.ts';
import type { Deps } from './deps.ts';
import { failureTold } from './endpoint-words.ts';
import { failoverRequest, isBoundElsewhere } from './failover-request.ts';
import { ownHeaders } from './own-headers.ts';
import { askedOf, ParkedRequest, sendStored } from './parking.ts';
import { tellLimits } from './plan-limits.ts';
import type { Body } from './request/body.ts';
import type { RequestSummary } from './request/body-sniffing.ts';
import type { ClientAnswer, ClientRequest } from './request/client.ts';
import type { RequestHead } from './request/request-head.ts';
import { shortName } from './request/short-name.ts';
import { type Ended, RequestRecord } from './request-record.ts';
import { Answer } from './response/answer.ts';
import type { Outcome } from './response/outcome.ts';
import { HttpReceiver } from './response/receiver.ts';
import { ownError, passVerbatim, type Refusal, sendError } from './response/refusal.ts';
import type { StoredAnswer } from './retry-queue.ts';
import { type RunningRequest, runningRequest } from './running-request.ts';
import { sendUp } from './sending.ts';
import type { Target } from './upstream/target.ts';

export interface Incoming {
  readonly id: RequestId;
  readonly startedAt: Millis;
  readonly request: ClientRequest;
  readonly head: RequestHead;
  readonly client: ClientAnswer;
  readonly target: Extract<Target, { kind: 'forward' }>;
  /** Among those that run; the queue may park it. */
  readonly place: Place;
  readonly body: Body | null;
  readonly summary: RequestSummary;
}

type Do<Kind extends Command['do']> = Extract<Command<Refusal>, { do: Kind }>;

export class Exchange {
  place = -1;
  readonly #deps: Deps;
  readonly #in: Incoming;
  readonly #session: string | null;
  readonly #machine: Failover<Refusal>;
  readonly #record: RequestRecord;
  readonly #adaptation: RequestAdaptation;
  /** What each of those that were asked has said, in words. */
  readonly #told = new Map<string, ReasonOrWord>();
  #running: Answer | undefined;
  /** Its place in the line for endpoints that are full. */
  #waiter: RoomWaiter | undefined;
  #gone = false;
  /** Where it waits when no endpoint can answer it, and what its tries are then written down by. */
  readonly #parked: ParkedRequest;

  constructor(deps: Deps, incoming: Incoming) {
    this.#deps = deps;
    this.#in = incoming;
    const { head, summary } = incoming;
    const session = head.session || summary.session;
    this.#session = session && shortName(session);
    this.#parked = new ParkedRequest(deps.ports.retryQueue, incoming.place, () => askedOf(incoming, this.#session));
    this.#adaptation = adaptationOf(incoming, this.#session, deps);
    this.#record = new RequestRecord(incoming, this.#session, deps.ports, this.#adaptation);
    this.#machine = new Failover(failoverRequest(incoming, this.#session, deps, this.#adaptation), deps.failover);
  }

  /**
   * The client has gone: whatever runs is ended, and no endpoint is blamed.
   * @param isOnPurpose it closed its connection in good order, and wants no answer any more
   */
  leave(isOnPurpose = false): void {
    this.#gone = true;
    this.#waiter?.wake();
    try {
      this.#running?.cancel();
    } finally {
      this.#parked.leave(isOnPurpose ? reason('clientLeft') : null);
    }
  }

  /** As it stands at this moment. */
  now(): RunningRequest {
    const [session, record, answer, room] = [this.#session, this.#record, this.#running, this.#waiter];
    return runningRequest(this.#in, { session, record, answer, room, item: this.#parked.item });
  }

  async run(): Promise<Ended> {
    this.#deps.inFlight.requestCame(this.#in.startedAt);
    try {
      const ready = this.#adaptation.readyFor(this.#deps.ports.view());
      if (ready !== undefined) await ready;
      const joins = this.#parked.joins();
      const ended = await this.#live(joins && (await joins) ? { type: 'joined' } : { type: 'start' });
      if (this.#parked.item !== null) await this.#parked.ended(ended.fact);
      return ended;
    } catch (error) {
      this.#parked.faulted();
      throw error;
    }
  }

  async #live(first: Input<Refusal>): Promise<Ended> {
    let command = this.#step(first);
    for (;;) {
      switch (command.do) {
        case 'try':
          command = this.#step(await this.#attempt(command));
          break;
        case 'pause':
          await later(command.ms);
          command = this.#step({ type: 'waited' });
          break;
        case 'room':
          await this.#waitForRoom(command);
          command = this.#step({ type: 'waited' });
          break;
        case 'park': {
          const turn = await this.#parked.turn(command.why);
          if (turn.type === 'stored' && !this.#gone) return this.#stored(turn.answer);
          command = this.#step(turn.type === 'stored' ? { type: 'left' } : turn);
          break;
        }
        case 'pass':
          return this.#passed();
        case 'refuse':
          return this.#refused(command);
        case 'end':
          return this.#record[command.as]();
      }
    }
  }

  #step(input: Input<Refusal>): Command<Refusal> {
    const isAnswered = input.type === 'served' || input.type === 'broken';
    const command = this.#machine.step(this.#gone && !isAnswered ? { type: 'left' } : input, this.#deps.ports.now());
    // What was offered and is not taken is offered to the next one in the line.
    if (this.#waiter && command.do !== 'room') {
      this.#waiter.leave(command.do === 'try');
      this.#waiter = undefined;
    }
    return command;
  }

  async #waitForRoom({ full, ms }: Do<'room'>): Promise<void> {
    this.#waiter ??= this.#deps.inFlight.room.join();
    for (const id of full) this.#told.set(id, 'has no room for one more request');
    await this.#waiter.room(full, ms);
  }

  // ------------------------------------------------------------------------------------------------ one attempt

  /** Calls the endpoint, and tells its machine what came of it: the next choice is made by a view that knows. */
  async #attempt(command: Do<'try'>): Promise<Input<Refusal>> {
    const { candidate } = command;
    const starts = this.#parked.starts(candidate.endpoint.id);
    if (starts !== true && !(await starts)) return { type: 'denied' };
    const made = attemptRequest(this.#adaptation, candidate.endpoint, this.#in);
    const up = made instanceof Promise ? await made : made;
    const startedAt = this.#deps.ports.now();
    const outcome = await this.#outcomeOf(command, up);
    switch (outcome.kind) {
      case 'served':
        this.#tellServed();
        return { type: 'served' };
      case 'broken':
        this.#tellBroken(candidate, outcome.detail, startedAt);
        return { type: 'broken' };
      case 'cancelled':
        return { type: 'left' };
      case 'failed':
        return { type: 'failed', said: await this.#failed(candidate, outcome, startedAt) };
    }
  }

  async #outcomeOf(command: Do<'try'>, up: AttemptRequest): Promise<Outcome> {
    try {
      // A large body takes a while to be changed.
      if (this.#gone) return { kind: 'cancelled' };
      const outcome = await this.#call(command, up, false);
      // The connection had been idle and died under us: nothing was asked of the endpoint yet, as far as can be known.
      return outcome.kind === 'failed' && outcome.stale && !this.#gone ? await this.#call(command, up, true) : outcome;
    } finally {
      attemptOver(up);
    }
  }

  async #call({ candidate, limits }: Do<'try'>, up: AttemptRequest, fresh: boolean): Promise<Outcome> {
    const { ports, inFlight, answers } = this.#deps;
    const { request, client, target, summary } = this.#in;
    const { endpoint, because } = candidate;
    const at = ports.now();
    up.body?.goesUp();
    const answer = new Answer(
      this.#parked.receiver(new HttpReceiver(client, up.body)),
      {
        wantsStream: summary.stream,
        isMessages: target.isMessages,
        isCount: target.isCount,
        isHead: request.method === 'HEAD',
        model: up.model,
        hasAnswered: ports.hasAnswered(endpoint.id),
        body: up.body?.bytes ?? null,
        now: ports.now,
        added: (ttfbMs) => this.#added(candidate, ttfbMs),
      },
      limits,
    );
    this.#record.begins(candidate, answer, up);
    this.#running = answer;
    answers.add(answer);
    const done = inFlight.begin(endpoint.id, because, at);
    try {
      sendUp(this.#deps, this.#in, up, { endpoint, answer, fresh });
    } catch (error) {
      answer.fault(error);
    }
    try {
      const outcome = await answer.outcome;
      if (!(outcome.kind === 'failed' && outcome.stale && !fresh)) this.#record.note(outcome, at);
      return outcome;
    } finally {
      done();
      answers.remove(answer);
      this.#running = undefined;
    }
  }

  // ------------------------------------------------------------------------------------------------ what endpoints are told

  #tellServed(): void {
    const { ports, sessions } = this.#deps;
    const { id, startedAt, target } = this.#in;
    const { candidate, answer, up } = this.#record.made;
    const { endpoint } = candidate;
    if (!target.isCount)
      sessions.answered(this.#session, endpoint, up.model, {
        startedAt,
        isBound: isBoundElsewhere(this.#deps, this.#in, this.#session, endpoint.id),
      });
    if (up.model !== null) ports.modelFound(endpoint.id, up.model, id);
    ports.attemptSucceeded(endpoint.id, { request: id, ttfbMs: answer.ttfbMs ?? 0, ttftMs: answer.ttftMs });
    if (answer.answerHead !== null) tellLimits(ports, endpoint, answer.answerHead);
  }

  #tellBroken({ endpoint }: Candidate, detail: CallReason, startedAt: Millis): void {
    const { ports, sessions } = this.#deps;
    sessions.avoid(this.#session, endpoint.id, ports.now());
    const data = attemptFailure(brokenVerdict, { status: 200, request: this.#in.id, detail });
    this.#record.excuse(ports.attemptFailed(endpoint.id, data, { code: null, startedAt }));
  }

  /** What an endpoint has refused of this request may be a matter of words between the two; anything else is told to its machine. */
  async #failed(candidate: Candidate, said: Refusal, startedAt: Millis): Promise<Refusal> {
    const repaired = await repairedVerdict(this.#adaptation, candidate.endpoint, said);
    if (repaired === null) this.#tellFailed(candidate, said, startedAt);
    else this.#record.adapts(repaired.notes);
    return repaired === null ? said : { ...said, verdict: repaired.verdict };
  }

  /** Not of what is the client's own affair, and not of what is only not there. */
  #tellFailed({ endpoint }: Candidate, said: Refusal, startedAt: Millis): void {
    const { verdict, detail, head, code } = said;
    const { ports } = this.#deps;
    const { id: request, target, body } = this.#in;
    const { model } = this.#record.made.up;
    if (verdict.failure !== null) this.#told.set(endpoint.id, detail);
    const bytes = body?.bytes.length ?? 0;
    const about = { request, model, bytes, isCount: target.isCount };
    const failure = failureTold(ports, endpoint.id, verdict, about);
    if (verdict.isUnknown) ports.refusalUnknown(endpoint.id, said);
    if (failure === null) return;
    const data = attemptFailure({ ...verdict, failure }, { status: head?.status ?? null, request, detail });
    this.#record.excuse(ports.attemptFailed(endpoint.id, data, { code, startedAt }));
  }

  // ------------------------------------------------------------------------------------------------ how it ends

  /** The client's own affair, or a request that belongs to one account: what the endpoint said, as it said it. */
  #passed(): Ended {
    this.#record.made.answer.passOn([]);
    return this.#record.served();
  }

  /** No endpoint answered: the most telling thing that was said, or a sentence of our own. */
  #refused({ reason: ground, why }: Do<'refuse'>): Ended {
    const { ports } = this.#deps;
    const { client, id, target, summary } = this.#in;
    this.#parked.inVain(why);
    if (ground.kind === 'told') {
      const { candidate, said } = ground.word;
      const { failure } = said.verdict;
      // The client has its answer, and asks no more: no endpoint is asked for it later.
      this.#parked.leave(reason('clientTold', { failure: String(failure) }));
      const stop = failure === 'credential' || failure === 'billing' ? ['x-should-retry', 'false'] : [];
      passVerbatim(client, said, [...stop, ...this.#added(candidate, 0)]);
      return this.#record.failed(said.head?.status ?? 0, failure ?? 'refused');
    }
    const { item, isFull } = this.#parked;
    const asking = {
      view: ports.view(),
      within: target.within,
      model: summary.model,
      told: this.#told,
      now: ports.now(),
    };
    const { error, because } = ownError(asking, ground, { item, isFull });
    sendError(client, error, id);
    return this.#record.failed(error.status, because);
  }

  /** An identical request has got the answer: no endpoint is asked. */
  async #stored(answer: StoredAnswer): Promise<Ended> {
    const { ports } = this.#deps;
    const { client, id, startedAt } = this.#in;
    const profile = (answer.endpoint && ports.view().endpoints.get(answer.endpoint)?.profile) ?? '';
    const endpoint = answer.endpoint ?? '';
    const ttfbMs = ports.now() - startedAt;
    const added = ['x-qcc-request-id', id, 'x-qcc-endpoint', endpoint, 'x-qcc-attempts', '0'];
    const bytes = await sendStored(client, answer, added).catch(() => null);
    if (this.#gone) return this.#record.cancelled();
    if (bytes === null) {
      // The try that it came from has broken off: as there, the connection is aborted, and the client asks again.
      client.destroy();
      return { ...this.#record.failed(answer.status, 'storedAnswerBroken'), profile };
    }
    return this.#record.stored(answer.status, { endpoint, profile, ttfbMs, ttftMs: null, bytes, usage: null });
  }

  #added({ endpoint }: Candidate, ttfbMs: Millis): string[] {
    const { id: request, startedAt, summary } = this.#in;
    const ours = Math.max(0, this.#deps.ports.now() - startedAt - ttfbMs);
    const attempts = this.#record.attempts + (this.#running ? 1 : 0);
    const up = this.#record.sentTo(endpoint.id);
    const own = ownHeaders(endpoint, { request, attempts, ours, ttfbMs });
    if (up !== undefined) own.push(...adaptedHeaders(summary.model, up));
    return own;
  }
}
