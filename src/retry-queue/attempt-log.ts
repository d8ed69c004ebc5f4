/** One try of an item: each attempt is on the disk before it is sent, its answer is copied into a blob, and its end is told. */
import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, QueueId } from '../../events/ids.ts';
import type { AttemptName, OwnTry } from '../../events/queue.ts';
import { type QueueReason, reason } from '../../events/reason.ts';
import type { QueueAsk } from '../../machines/queue-item-decisions.ts';
import type { AttemptLog, StoredAnswer } from '../proxy/retry-queue.ts';
import type { BlobWriter } from './blob-file.ts';
import type { QueuePorts } from './ports.ts';

export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly string[];
}

// An answer in one piece is not larger; of a stream that comes faster than the disk takes it no copy is kept.
const pendingBytesMax = 67_108_864;

export class ItemAttemptLog implements AttemptLog {
  readonly #ports: QueuePorts;
  readonly #id: QueueId;
  readonly #isAwaited: () => boolean;
  readonly #ended: () => void;
  #name: AttemptName | undefined;
  #head: AnswerHead | undefined;
  #bytes = 0;
  /** Settles with the blob's writer; undefined when the disk took none. */
  #copy: Promise<BlobWriter | undefined> | undefined;
  /** Given on, and not on the disk yet. */
  #pendingBytes = 0;
  /** The disk could not follow: there is no copy. */
  #isBehind = false;
  #isWritten = false;
  #isOver = false;

  /**
   * @param isAwaited whether a client waits for it at this moment
   * @param ended called once, when the try is over in any way
   */
  constructor(ports: QueuePorts, id: QueueId, isAwaited: () => boolean, ended: () => void) {
    this.#ports = ports;
    this.#id = id;
    this.#isAwaited = isAwaited;
    this.#ended = ended;
  }

  get hasStarted(): boolean {
    return this.#name !== undefined;
  }

  /** Written down, and so about to take its place at an endpoint in this very turn of the loop. */
  get isUnderWay(): boolean {
    return this.#isWritten;
  }

  async starts(endpoint: EndpointId): Promise<boolean> {
    const { epoch } = this.#ports;
    const told = this.#ports.tell(this.#id, { type: 'Start', data: { endpoint, epoch } }, true);
    const { attempt } = (told.facts[0]?.data ?? {}) as Partial<AttemptName>;
    if (attempt === undefined) return false;
    this.#name = { attempt, epoch };
    try {
      await told.done;
      this.#isWritten = true;
      return true;
    } catch {
      // The disk takes nothing: what cannot be written down is not sent.
      this.failed({ failure: 'unreachable', retryAfterMs: null, detail: reason('logTakesNothing') });
      return false;
    }
  }

  head(status: number, headers: readonly string[]): void {
    const name = this.#name;
    if (!name) return;
    const head: AnswerHead = { status, headers };
    this.#head = head;
    this.#copy = this.#ports.blobs.answer(this.#id, head).catch(() => undefined);
    this.#ports.tell(this.#id, { type: 'RetryAnswered', data: { ...name, status } }, false);
  }

  /** What comes back is for who can wait: so that no more is in memory than the disk takes. */
  data(lent: Buffer): Promise<unknown> | undefined {
    this.#bytes += lent.length;
    if (!this.#copy || this.#isBehind) return this.#copy;
    this.#isBehind = this.#pendingBytes + lent.length > pendingBytesMax;
    const bytes = this.#isBehind ? null : Buffer.from(lent);
    this.#pendingBytes += bytes?.length ?? 0;
    this.#copy = this.#copy.then(async (writer) => {
      try {
        if (bytes === null) throw new Error('the disk is too slow');
        await writer?.write(bytes);
        return writer;
      } catch {
        // No room for a copy is no reason to cut the answer.
        await writer?.abort().catch(() => {});
        return undefined;
      } finally {
        this.#pendingBytes -= bytes?.length ?? 0;
      }
    });
    return this.#copy;
  }

  /** The answer that is coming, from its first byte on; null while it has no head, and when the disk takes no copy. */
  async following(): Promise<(AnswerHead & Pick<StoredAnswer, 'chunks'>) | null> {
    const head = this.#head;
    const writer = await this.#copy;
    return head && writer ? { ...head, chunks: () => writer.follow() } : null;
  }

  /** @param own what it took, when no client's request tells */
  async answered(own: OwnTry | null = null): Promise<void> {
    const name = this.#name;
    if (!name || this.#isOver) return;
    const answer = await this.#stored();
    const bytes = answer === null ? 0 : this.#bytes;
    const data = { ...name, answer, bytes, status: this.#head?.status ?? 0, own };
    this.#end({ type: 'Answered', data }, true);
  }

  failed(how: { failure: Failure | null; retryAfterMs: Millis | null; detail: QueueReason | null }): void {
    this.#dropCopy();
    this.#end(this.#name && { type: 'Failed', data: { ...this.#name, ...how, isAwaited: this.#isAwaited() } }, true);
  }

  abandoned(because: 'clientLeft' | 'gatewayStopped' | 'workerLost' | 'fault'): void {
    this.#dropCopy();
    this.#end(this.#name && { type: 'RetryAbandoned', data: { ...this.#name, because } }, true);
  }

  /** What was kept of the request cannot be read any more. */
  lost(): void {
    this.#end({ type: 'BodyLost', data: {} }, true);
  }

  dropped(): void {
    this.#end(undefined, false);
  }

  async #stored(): Promise<string | null> {
    try {
      const writer = await this.#copy;
      await writer?.end();
      return writer?.ref ?? null;
    } catch {
      return null;
    }
  }

  #dropCopy(): void {
    void this.#copy?.then((writer) => writer?.abort()).catch(() => {});
    this.#copy = undefined;
  }

  #end(ask: QueueAsk | undefined, sync: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (ask) this.#ports.tell(this.#id, ask, sync);
    this.#ended();
  }
}
