/** What a retry on a worker tells over its port, handed on in order. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { FromRetry, RetryResult, ToRetry } from '../../workers/retry.ts';

/** Receives the events of an attempt, in this order. Its promise is awaited before the next event, and before more is read. */
export interface RetrySink {
  /** Headers have come: from here on the attempt is likely to be billed. */
  answering(status: number): void;
  /** The answer is committable; its bytes follow. The headers are flat pairs. */
  committable(status: number, headers: readonly string[]): void | Promise<void>;
  bytes(chunk: Buffer): void | Promise<void>;
}

/** The worker died during the attempt: the request may have been answered, and billed. */
export interface LostRetry {
  readonly kind: 'lost';
  readonly detail: string;
}

/** This side of a retry's port: one message after the other, with credit for what the sink has consumed. */
export class Hearing {
  readonly #port: MessagePort;
  readonly #sink: RetrySink;
  readonly #over: Promise<void>;
  #setOver: () => void = () => {};
  #last: Promise<void> = Promise.resolve();
  #result: RetryResult | undefined;
  #fault: unknown;
  #isStopped = false;
  #hasMissed = false;

  constructor(port: MessagePort, sink: RetrySink) {
    this.#port = port;
    this.#sink = sink;
    this.#over = new Promise((resolve) => {
      this.#setOver = resolve;
    });
    port.on('message', (message: FromRetry) => this.#hear(message));
  }

  stop(): void {
    this.#isStopped = true;
    this.#say('stop');
  }

  resume(): void {
    this.#say('wokeUp');
  }

  async result(): Promise<RetryResult> {
    await this.#over;
    if (this.#fault !== undefined) throw this.#fault;
    return this.#result as RetryResult;
  }

  /** The worker is gone. Its earlier messages count if they include the end. */
  async afterDeath({ message }: Error): Promise<RetryResult | LostRetry> {
    for (let left = receiveMessageOnPort(this.#port); left; left = receiveMessageOnPort(this.#port))
      this.#hear(left.message as FromRetry);
    await this.#last;
    if (this.#fault !== undefined) throw this.#fault;
    return this.#result ?? { kind: 'lost', detail: message };
  }

  #hear(message: FromRetry): void {
    this.#last = this.#last.then(() => this.#take(message));
  }

  async #take(message: FromRetry): Promise<void> {
    if (message.kind === 'over') {
      const { status, ttfbMs } = message.result;
      this.#result = this.#hasMissed ? { kind: 'cancelled', status, ttfbMs } : message.result;
      this.#setOver();
    } else if (this.#isStopped) this.#hasMissed = true;
    else {
      try {
        await this.#tell(message);
      } catch (error) {
        this.#fault = error ?? new Error('the sink threw nothing');
        this.stop();
      }
    }
  }

  async #tell(message: Exclude<FromRetry, { kind: 'over' }>): Promise<void> {
    switch (message.kind) {
      case 'answering':
        this.#sink.answering(message.status);
        return;
      case 'proven':
        await this.#sink.committable(message.status, message.headers);
        return;
      case 'bytes': {
        const { buffer, byteOffset, byteLength } = message.bytes;
        await this.#sink.bytes(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
        this.#say(byteLength);
      }
    }
  }

  #say(message: ToRetry): void {
    this.#port.postMessage(message);
  }
}
