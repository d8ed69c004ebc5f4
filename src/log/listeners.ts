/** Who hears of what was committed. One that throws is told of it, and stops neither the log nor the others. */
import type { Listener } from './log.ts';

interface Subscriber {
  readonly listener: Listener;
  readonly failed: (error: unknown) => void;
}

export class Listeners {
  readonly #subscribers = new Set<Subscriber>();

  add(listener: Listener, failed: (error: unknown) => void = warn): () => void {
    const subscriber = { listener, failed };
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  tell(facts: Parameters<Listener>[0]): void {
    for (const { listener, failed } of this.#subscribers) {
      try {
        listener(facts);
      } catch (error) {
        // Not here: a handler that throws as well must not stop the log either.
        queueMicrotask(() => failed(error));
      }
    }
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
