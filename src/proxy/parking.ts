/**
 * The way of one request through the queue: joins what it is a re-send of, waits where nobody can answer, and writes down what
 * its tries come to. A request that is answered at once never gets further than `joins`.
 */
import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, QueueId } from '../../events/ids.ts';
import type { Place } from './admission/admission.ts';
import type { Ended, Incoming } from './driver.ts';
import { RecordingReceiver } from './recording-receiver.ts';
import type { ClientAnswer } from './request/client.ts';
import type { Receiver } from './response/receiver.ts';
import type { Asked, AttemptLog, ProxyQueue, StoredAnswer, Turn, Waiter } from './retry-queue.ts';

/** Why a try came to nothing. */
export interface Why {
  /** Null: waiting does not heal it. */
  readonly failure: Failure | null;
  readonly retryAfterMs: number | null;
  readonly detail: string;
}

export class ParkedRequest {
  readonly #retryQueue: ProxyQueue | null;
  readonly #place: Place;
  readonly #asked: () => Asked | null;
  #waiter: Waiter | null = null;
  #attemptLog: AttemptLog | undefined;
  #isFull = false;
  #isGone = false;
  #givenUp: string | null = null;

  /** @param asked what the queue has to know, made only when it is asked; null for what has no body */
  constructor(retryQueue: ProxyQueue | null, place: Place, asked: () => Asked | null) {
    this.#retryQueue = retryQueue;
    this.#place = place;
    this.#asked = asked;
  }

  /** The item it has become or has joined. */
  get item(): QueueId | null {
    return this.#waiter?.item ?? null;
  }

  /** The queue would have taken it, and had no room. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The answer of a queued request is kept as it goes out: an identical one may ask for it again. */
  receiver(client: Receiver): Receiver {
    return this.#attemptLog ? new RecordingReceiver(client, this.#attemptLog) : client;
  }

  /** So long its client waits at most for an endpoint to come back: not at all where nothing waits. */
  get patienceMs(): Millis {
    return this.#retryQueue?.parkMs ?? 0;
  }

  /** @param because why its client wants no answer any more, so that what waits for one is not sent; null: it may ask again */
  leave(because: string | null): void {
    this.#givenUp = because;
    this.#isGone = true;
    this.#waiter?.goAway(because);
  }

  /** Whether it is a re-send of what is in the queue. False at once when nothing is in it. */
  joins(): boolean | Promise<boolean> {
    return this.#retryQueue === null || this.#retryQueue.isEmpty ? false : this.#join(this.#retryQueue);
  }

  /** Waits for its turn, without taking the place of one that runs. */
  async turn(why: Why): Promise<Turn> {
    if (!this.#waiter && !(await this.#take(why))) return { kind: 'over' };
    this.#place.park();
    try {
      const turn = (await this.#waiter?.turn()) ?? { kind: 'over' };
      this.#attemptLog = turn.kind === 'go' ? turn.attemptLog : undefined;
      // Its client went away in this very moment: nothing was sent, and the item is free for whoever asks next.
      if (this.#isGone) this.#attemptLog?.dropped();
      return turn;
    } finally {
      this.#place.unpark();
    }
  }

  /** On the disk before anything is sent; true at once for what is no item. */
  starts(endpoint: EndpointId): boolean | Promise<boolean> {
    return this.#attemptLog?.starts(endpoint) ?? true;
  }

  /** One try of an item: however it ends, that is written down. What is no item just runs. */
  async tries(round: () => Promise<Ended | undefined>, why: () => Why): Promise<Ended | undefined> {
    const attemptLog = this.#attemptLog;
    try {
      const ended = await round();
      if (attemptLog) await note(attemptLog, ended ?? why());
      // What becomes of the item now is nobody's here.
      if (ended) this.#waiter?.leave();
      return ended;
    } catch (error) {
      attemptLog?.abandoned('fault');
      this.#waiter?.leave();
      throw error;
    } finally {
      this.#attemptLog = undefined;
    }
  }

  async #join(retryQueue: ProxyQueue): Promise<boolean> {
    const asked = this.#asked();
    return asked !== null && this.#sit(await retryQueue.join(asked));
  }

  async #take({ failure, retryAfterMs, detail }: Why): Promise<boolean> {
    const asked = failure === null || this.#isGone ? null : this.#asked();
    const waiter = asked && (await this.#retryQueue?.take(asked, detail, retryAfterMs));
    this.#isFull = waiter === 'full';
    return waiter !== 'full' && this.#sit(waiter ?? null);
  }

  #sit(waiter: Waiter | null): boolean {
    this.#waiter = waiter;
    if (this.#isGone) waiter?.goAway(this.#givenUp);
    return waiter !== null;
  }
}

const firstError = 400;

/** By an answer of whatever kind, or by nobody having answered. */
async function note(attemptLog: AttemptLog, ended: Ended | Why): Promise<void> {
  if (!('fact' in ended)) return attemptLog.failed(ended);
  const { type, data } = ended.fact;
  const told = { retryAfterMs: null };
  if (type === 'RequestServed' && data.status < firstError) await attemptLog.answered();
  else if (type === 'RequestCancelled') attemptLog.abandoned('clientLeft');
  else if (type === 'AnswerBroken')
    attemptLog.failed({ ...told, failure: data.failure, detail: 'the answer broke off' });
  else attemptLog.failed({ ...told, failure: null, detail: `refused with ${data.status}` });
}

/**
 * An answer that was got for an identical request, or is being got: as it was, with what is ours.
 * @returns the bytes that went out
 * @throws when it breaks off: the client must not take what it has for the whole
 */
export async function sendStored(
  client: ClientAnswer,
  answer: StoredAnswer,
  added: readonly string[],
): Promise<number> {
  client.sendDate = false;
  client.writeHead(answer.status, [
    ...answer.headers,
    ...(answer.bytes === null ? [] : ['content-length', String(answer.bytes)]),
    ...added,
    'x-qcc-answer',
    'stored',
  ]);
  let sent = 0;
  let goOn = () => {};
  client.on('close', () => goOn());
  for await (const chunk of answer.chunks()) {
    if (client.destroyed) return sent;
    sent += chunk.length;
    if (client.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      goOn = resolve;
      client.once('drain', resolve);
    });
  }
  client.end();
  return sent;
}

/** What the queue has to know of a request; null where there is no body to send again. */
export function askedOf(incoming: Incoming, session: string | null): Asked | null {
  const { id, startedAt, request, head, target, body, peek } = incoming;
  if (body === null) return null;
  const { path, query, within, isPinned } = target;
  const { method = '', rawHeaders } = request;
  const { model, stream } = peek;
  const { connection } = head;
  return {
    id,
    startedAt,
    method,
    path,
    query,
    within,
    isPinned,
    session,
    model,
    stream,
    rawHeaders,
    connection,
    body: body.bytes,
  };
}
