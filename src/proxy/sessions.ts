/** Where each session's prompt cache is, and which endpoint broke its last answer. In memory: a lost binding costs one warm-up. */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { forgetOldest } from '../platform/forget-oldest.ts';
import { type Owner, ownerOf } from './adaptation/thinking-memory.ts';

const sessionsMax = 10_000;
// After a broken answer the client asks again at once; the endpoint that broke it is not asked for so long.
export const avoidMs = 60_000;
const noModelMs = 600_000;

// The order in the map is by last use, as exactly as this: a map that is changed with each request is rebuilt all day.
const replaceMs = 60_000;

/** Who answered last, in two words: nearly always the same ones. */
interface Answered {
  id: EndpointId;
  origin: string;
  model: string | null;
}

interface AnsweredHow {
  readonly startedAt: Millis;
  /** Its cache is at another endpoint, which was passed over for this request alone. */
  readonly isBound: boolean;
}

type Answering = Pick<RoutableEndpoint, 'id' | 'origin'>;

interface Binding {
  endpoint: EndpointId;
  at: Millis;
  readonly placedAt: Millis;
}

export class Sessions {
  readonly #bindings = new Map<string, Binding>();
  readonly #avoided = new Map<string, { readonly endpoint: EndpointId; readonly until: Millis }>();
  readonly #lacking = new Map<string, Millis>();
  readonly #answered = new Map<string, Answered>();

  bound(session: string | null, ttlMs: Millis, now: Millis): EndpointId | null {
    const binding = session === null ? undefined : this.#bindings.get(session);
    return binding && now - binding.at < ttlMs ? binding.endpoint : null;
  }

  /** Sliding, from the start of the last request: that is how long the cache lives. */
  bind(session: string | null, endpoint: EndpointId, startedAt: Millis): void {
    if (session === null) return;
    const binding = this.#bindings.get(session);
    if (binding && startedAt - binding.placedAt < replaceMs) {
      binding.endpoint = endpoint;
      binding.at = startedAt;
      return;
    }
    this.#bindings.delete(session);
    this.#bindings.set(session, { endpoint, at: startedAt, placedAt: startedAt });
    forgetOldest(this.#bindings, sessionsMax);
  }

  /** Its answer is in the conversation now, thinking included. */
  answered(
    session: string | null,
    { id, origin }: Answering,
    model: string | null,
    { startedAt, isBound }: AnsweredHow,
  ): void {
    if (session === null) return;
    if (!isBound) this.bind(session, id, startedAt);
    const known = this.#answered.get(session);
    if (known) {
      known.id = id;
      known.origin = origin;
      known.model = model;
      return;
    }
    this.#answered.set(session, { id, origin, model });
    forgetOldest(this.#answered, sessionsMax);
  }

  /** Who gave its last answer; null where that is not known. */
  lastOf(session: string | null): EndpointId | null {
    return session === null ? null : (this.#answered.get(session)?.id ?? null);
  }

  /** Null: no endpoint has answered in this session, as far as is known. */
  ownerOf(session: string | null): Owner | null {
    const last = session === null ? undefined : this.#answered.get(session);
    return last ? ownerOf(last.origin, last.model) : null;
  }

  avoid(session: string | null, endpoint: EndpointId, now: Millis): void {
    if (session === null) return;
    this.#bindings.delete(session);
    this.#avoided.set(session, { endpoint, until: now + avoidMs });
    forgetOldest(this.#avoided, sessionsMax);
  }

  avoided(session: string | null, now: Millis): EndpointId | null {
    const avoided = session === null ? undefined : this.#avoided.get(session);
    return avoided && avoided.until > now ? avoided.endpoint : null;
  }

  /** For `what-if` alone: logs of before `ModelNotFound` tell only what an attempt came to. */
  noteLacking(endpoint: EndpointId, model: string | null, now: Millis): void {
    this.#lacking.set(`${endpoint} ${model}`, now + noModelMs);
    forgetOldest(this.#lacking, sessionsMax);
  }

  lacks(endpoint: EndpointId, model: string | null, now: Millis): boolean {
    return this.#lacking.size > 0 && (this.#lacking.get(`${endpoint} ${model}`) ?? 0) > now;
  }
}
