/**
 * The way of one request through the queue: joins what it is a re-send of, waits where no endpoint can answer, and writes down what
 * its tries come to. A request that is answered at once never gets further than `joins`.
 */
import type { EndpointId, QueueId } from '../../events/ids.ts';
import { type QueueReason, reason } from '../../events/reason.ts';
import type { RequestFact } from '../../events/request.ts';
import type { Why } from '../../machines/failover-policy.ts';
import type { Place } from './admission/admission.ts';
import type { Incoming } from './driver.ts';
import { RecordingReceiver } from './recording-receiver.ts';
import type { ClientAnswer } from './request/client.ts';
import type { Receiver } from './response/receiver.ts';
import type { Asked, AttemptLog, ProxyQueue, StoredAnswer, Turn, Waiter } from './retry-queue.ts';

const firstError = 400;
const notQueued = { type: 'notQueued' } as const;

export class ParkedRequest {
  readonly #retryQueue: ProxyQueue | null;
  readonly #place: Place;
  readonly #asked: () => Asked | null;
  #waiter: Waiter | null = null;
  #attemptLog: AttemptLog | undefined;
  #isFull = false;
  #isGone = false;
  #givenUp: QueueReason | null = null;

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

  /** @param because why its client wants no answer any more, so that what waits for one is not sent; null: it may ask again */
  leave(because: QueueReason | null): void {
    this.#givenUp = because;
    this.#isGone = true;
    this.#waiter?.goAway(because);
  }

  /** Whether it is a re-send of what is in the queue. False at once when nothing is in it. */
  joins(): boolean | Promise<boolean> {
    return this.#retryQueue === null || this.#retryQueue.isEmpty ? false : this.#join(this.#retryQueue);
  }

  /** Ends the try that runs, and waits for the next one without taking the place of a request that runs. */
  async turn(why: Why): Promise<Turn | typeof notQueued> {
    this.inVain(why);
    if (!this.#waiter && !(await this.#take(why))) return notQueued;
    this.#place.park();
    try {
      const turn = (await this.#waiter?.turn()) ?? notQueued;
      this.#attemptLog = turn.type === 'go' ? turn.attemptLog : undefined;
      // Its client went away in this very moment: nothing was sent, and the item is free for the next client.
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

  /** The try that runs has come to nothing. */
  inVain(why: Why): void {
    this.#attemptLog?.failed(why);
    this.#attemptLog = undefined;
  }

  /** Its client has an answer of whatever kind, or has gone: what becomes of the item now is not decided here. */
  async ended({ type, data }: RequestFact): Promise<void> {
    const attemptLog = this.#attemptLog;
    const told = { retryAfterMs: null };
    if (type === 'RequestServed' && data.status < firstError) await attemptLog?.answered();
    else if (type === 'RequestCancelled') attemptLog?.abandoned('clientLeft');
    else if (type === 'AnswerBroken')
      attemptLog?.failed({ ...told, failure: data.failure, detail: reason('brokeOff') });
    else attemptLog?.failed({ ...told, failure: null, detail: reason('refusedWith', { status: data.status }) });
    this.#waiter?.leave();
  }

  faulted(): void {
    this.#attemptLog?.abandoned('fault');
    this.#waiter?.leave();
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
  const { id, startedAt, request, head, target, body, summary } = incoming;
  if (body === null) return null;
  const { path, query, within, isPassthrough } = target;
  const { method = '', rawHeaders } = request;
  const { model, stream } = summary;
  const { connection } = head;
  return {
    id,
    startedAt,
    method,
    path,
    query,
    within,
    isPassthrough,
    session,
    token: head.token,
    model,
    stream,
    rawHeaders,
    connection,
    body: body.bytes,
  };
}
