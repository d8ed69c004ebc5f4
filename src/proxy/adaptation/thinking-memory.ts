/**
 * Which blocks of thinking belong to whom, session by session: as long as no endpoint has refused one, only who answered last is known. In memory;
 * what is lost with it costs one refusal.
 */
import type { EndpointId, RequestId } from '../../../events/ids.ts';
import type { PassedOver } from '../../../events/request.ts';
import { forgetOldest } from '../../platform/forget-oldest.ts';
import type { ThinkingBlock } from './thinking.ts';

/** Who signs: a host, and the model as it was sent. Two keys of one vendor are the same owner. */
export type Owner = string;

const sessionsMax = 10_000;
// Ten times the turns of a long session.
const marksMax = 10_000;
/** An owner that is none of those that are known. */
const stranger: Owner = '';

export function ownerOf(origin: string, model: string | null): Owner {
  return `${origin} ${model ?? ''}`;
}

/** One session, once something in it was refused. */
export class SessionThinking {
  readonly #owners = new Map<string, Owner>();
  /** They check signatures, as they have shown here. */
  readonly #strict = new Set<Owner>();
  readonly #doubted = new Set<Owner>();
  /** They have refused what they had signed themselves, as it seemed, twice: a reseller with several accounts. */
  readonly #unreliable = new Set<Owner>();
  /** They have refused a tool loop that does not begin with thinking. */
  readonly #wantStart = new Set<Owner>();
  /** They want thinking back that is not theirs, as they said to this request. */
  readonly #noThinking = new Map<EndpointId, RequestId>();

  isStrict(owner: Owner): boolean {
    return this.#strict.has(owner);
  }

  wantsStart(owner: Owner): boolean {
    return this.#wantStart.has(owner);
  }

  isPassedOver(id: EndpointId): boolean {
    return this.#noThinking.has(id);
  }

  /** What is new was signed by who answered last. */
  learns(blocks: readonly ThinkingBlock[], last: Owner | null): void {
    for (const { mark } of blocks) if (!this.#owners.has(mark)) this.#owners.set(mark, last ?? stranger);
    forgetOldest(this.#owners, marksMax);
  }

  /** Those that this owner would refuse. */
  foreignTo(owner: Owner, blocks: readonly ThinkingBlock[]): readonly ThinkingBlock[] {
    return this.#unreliable.has(owner) ? blocks : blocks.filter(({ mark }) => this.#owners.get(mark) !== owner);
  }

  /** It has refused one of these blocks. Whether there is any that it would not get again. */
  refused(owner: Owner, blocks: readonly ThinkingBlock[], last: Owner | null): boolean {
    this.learns(blocks, last === owner ? null : last);
    const wasStrict = this.#strict.has(owner);
    this.#strict.add(owner);
    if (wasStrict || this.foreignTo(owner, blocks).length === 0) this.#refusesOwn(owner, blocks);
    return blocks.length > 0;
  }

  /** All that it got was its own, as it seemed. Once, that was a mistake: several may have answered in this session at the same time. */
  #refusesOwn(owner: Owner, blocks: readonly ThinkingBlock[]): void {
    if (this.#doubted.has(owner)) this.#unreliable.add(owner);
    this.#doubted.add(owner);
    for (const { mark } of blocks) if (this.#owners.get(mark) === owner) this.#owners.set(mark, stranger);
  }

  refusedStart(owner: Owner): void {
    this.#wantStart.add(owner);
  }

  passesOver(id: EndpointId, request: RequestId): void {
    this.#noThinking.set(id, request);
  }

  get passedOver(): readonly PassedOver[] {
    return [...this.#noThinking].map(([endpoint, request]) => ({ endpoint, request }));
  }
}

export class ThinkingMemory {
  readonly #sessions = new Map<string, SessionThinking>();
  /** What clients have seen refused, to repair it by themselves. */
  readonly #passedOn = new Set<string>();

  /** Undefined: nothing was refused in it. */
  of(session: string | null): SessionThinking | undefined {
    return session === null || this.#sessions.size === 0 ? undefined : this.#sessions.get(session);
  }

  /** For one whose client names no session, what is known ends with its request. */
  begins(session: string | null): SessionThinking {
    const known = this.of(session);
    if (known) return known;
    const made = new SessionThinking();
    if (session === null) return made;
    this.#sessions.set(session, made);
    forgetOldest(this.#sessions, sessionsMax);
    return made;
  }

  /** True for the first time. */
  passesOn(session: string | null, id: EndpointId, what: string): boolean {
    const word = `${session ?? ''} ${id} ${what}`;
    if (this.#passedOn.has(word)) return false;
    this.#passedOn.add(word);
    forgetOldest(this.#passedOn, sessionsMax);
    return true;
  }
}
