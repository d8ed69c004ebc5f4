/**
 * One request and the endpoints that it is sent to: what each of them gets in the place of what came, what its refusal teaches, and whom the
 * request is better sent to. The body is walked over once, and only when an endpoint has refused something.
 */
import type { FoundMissing } from '../../../events/endpoint.ts';
import type { Millis } from '../../../events/fact.ts';
import type { EndpointId, RequestId } from '../../../events/ids.ts';
import { type AdaptationReason, reason } from '../../../events/reason.ts';
import type { PassedOver } from '../../../events/request.ts';
import { isRepairedByClient, missingFor, partsOf, type RequestNames } from '../../../machines/capabilities.ts';
import { mapped, sentModel } from '../../../machines/model-map.ts';
import { type Learned, learned } from '../../../machines/refused-names.ts';
import { thinkingRefusal } from '../../../machines/refused-thinking.ts';
import type { Missing, RoutableEndpoint, RoutingView } from '../../../machines/routing-view.ts';
import { type AdaptableRequest, type AdaptedRequest, adapted } from './adapter.ts';
import { BodyChange } from './body-change.ts';
import { spliced } from './edits.ts';
import { betasIn, maxTokensOf, namesIn, withFewerTokens, withoutBetas, withoutFields } from './fields.ts';
import { atOnceMax, RequestPlaces } from './request-places.ts';
import { atOnce, inTurns, type Sliced } from './slices.ts';
import { thinkingIn, withoutThinking } from './thinking.ts';
import { type Owner, ownerOf, type SessionThinking, type ThinkingMemory } from './thinking-memory.ts';

export type Repair =
  /** The same endpoint once more, changed in this respect. */
  | { readonly kind: 'again'; readonly thing: string }
  /** It wants thinking that does not exist: another one, now and for the rest of the session. */
  | { readonly kind: 'elsewhere' };

/** What an endpoint said. */
export interface SaidNo {
  readonly status: number;
  /** Of its body, decoded. */
  readonly text: string;
}

export interface AdaptationPorts {
  now(): Millis;
  /** It is told at once: the endpoint is read again before it is asked once more. */
  capabilityMissing(endpoint: EndpointId, found: FoundMissing, request: RequestId): void;
}

/** What is around the request. */
interface Around {
  readonly id: RequestId;
  readonly session: string | null;
  /** Who answered last in its session. */
  readonly owner: () => Owner | null;
  readonly memory: ThinkingMemory;
  readonly ports: AdaptationPorts;
}

/** What one endpoint needs otherwise. */
interface Plan {
  readonly missing: readonly Missing[];
  readonly known: SessionThinking | undefined;
  readonly body: Buffer;
  readonly places: RequestPlaces;
}

const refusesRequest: ReadonlySet<number> = new Set([400, 422]);
// Some resellers say it of a signature alone.
const tooManyRequests = 429;

export class RequestAdaptation {
  readonly #request: AdaptableRequest;
  readonly #around: Around;
  #places: RequestPlaces | null | undefined;
  #walk: Promise<void> | undefined;
  #betas: readonly string[] | undefined;
  /** Of a request that names no session. */
  #own: SessionThinking | undefined;
  /** What endpoints have refused of this request, whether it was worth a fact or not. */
  readonly #refused = new Map<EndpointId, readonly Missing[]>();

  constructor(request: AdaptableRequest, around: Around) {
    this.#request = request;
    this.#around = around;
  }

  /** The very same request where nothing differs. */
  to(endpoint: RoutableEndpoint): AdaptedRequest | Promise<AdaptedRequest> {
    const { body, summary } = this.#request;
    if (body === null || endpoint.adapt === 'off') return adapted(endpoint, this.#request);
    const model = sentModel(endpoint.models, summary.model);
    const missing = this.#missingAt(endpoint, model);
    const known = this.#thinkingAt(endpoint);
    if (missing.length === 0 && known === undefined) return adapted(endpoint, this.#request);
    const with_ = (places: RequestPlaces | null) =>
      places === null
        ? this.#headersAlone(endpoint, missing)
        : this.#changed(endpoint, { missing, known, body, places });
    const ready = this.ready();
    return ready === undefined ? with_(this.#placesIn(body)) : ready.then(() => with_(this.#placesIn(body)));
  }

  /** A large body is walked over before it is asked for anything; undefined: it need not be, or was. */
  ready(): Promise<void> | undefined {
    const { body } = this.#request;
    if (body === null || !this.#isLarge || this.#places !== undefined) return undefined;
    this.#walk ??= RequestPlaces.inSlices(body).then((places) => {
      this.#places = places;
    });
    return this.#walk;
  }

  /** The same where any endpoint lacks something: then what the request has decides who is asked. */
  readyFor({ endpoints }: Pick<RoutingView, 'endpoints'>): Promise<void> | undefined {
    if (!this.#isLarge) return undefined;
    for (const { missing } of endpoints.values()) if (missing.length > 0) return this.ready();
    return undefined;
  }

  get #isLarge(): boolean {
    return (this.#request.body?.length ?? 0) > atOnceMax;
  }

  /** How many things of this request it is believed to lack. Of a large body that has not been walked over, none. */
  lacksOf(endpoint: RoutableEndpoint, now: Millis): number {
    if (endpoint.missing.length === 0 || endpoint.adapt === 'off') return 0;
    if (this.#isLarge && this.#places === undefined) return 0;
    const missing = missingFor(endpoint.missing, sentModel(endpoint.models, this.#request.summary.model), now);
    return missing.filter((one) => this.#has(one)).length;
  }

  /** Who would have signed what the session has. */
  isOwner(endpoint: RoutableEndpoint): boolean {
    const last = this.#around.owner();
    return last === null || last === this.#ownerOf(endpoint);
  }

  /** It wants thinking back that is not its own, as it has said in this session. */
  isPassedOver({ id, adapt }: RoutableEndpoint): boolean {
    return adapt !== 'off' && this.#known?.isPassedOver(id) === true;
  }

  /** For the record of its request; undefined: its session goes anywhere. */
  get passedOver(): readonly PassedOver[] | undefined {
    const all = this.#known?.passedOver;
    return all === undefined || all.length === 0 ? undefined : all;
  }

  /** Whether a refusal with this status is read at all. */
  mayRepair({ adapt }: RoutableEndpoint, status: number): boolean {
    return adapt !== 'off' && this.#request.body !== null && (refusesRequest.has(status) || status === tooManyRequests);
  }

  /** What to do about a refusal; null: it goes to the client as it stands. */
  repairOf(endpoint: RoutableEndpoint, said: SaidNo): Repair | null {
    const isRefused = refusesRequest.has(said.status);
    const { body } = this.#request;
    if (body === null) return null;
    const thinking = this.#thinkingRepair(endpoint, said, body);
    return thinking !== undefined || !isRefused ? (thinking ?? null) : this.#missingRepair(endpoint, said, body);
  }

  // ------------------------------------------------------------------------------------------------ what goes up

  #changed(endpoint: RoutableEndpoint, plan: Plan): AdaptedRequest | Promise<AdaptedRequest> {
    const work = this.#changing(endpoint, plan);
    return this.#isLarge ? inTurns(work) : atOnce(work);
  }

  *#changing(endpoint: RoutableEndpoint, { missing, known, body, places }: Plan): Sliced<AdaptedRequest> {
    const change = new BodyChange(places);
    const gone = new Set<string>();
    const notes: AdaptationReason[] = [];
    for (const one of missing) {
      notes.push(...this.#without(one, change, gone));
      yield;
    }
    if (known !== undefined) notes.push(...(yield* this.#ownThinking(endpoint, known, change)));
    const renamed = this.#renamed(endpoint, change);
    const edits = change.edits();
    yield;
    return { headers: this.#headersWithout(gone), body: spliced(body, edits), sentModel: renamed, notes };
  }

  /** It is not known where anything stands in the body. */
  #headersAlone(endpoint: RoutableEndpoint, missing: readonly Missing[]): AdaptedRequest | Promise<AdaptedRequest> {
    const gone = new Set(missing.flatMap(({ what }) => partsOf(what, this.#betasIn()).betas));
    const notes = gone.size === 0 ? [] : [...gone].map((what) => reason('leftOut', { what }));
    const made = adapted(endpoint, { ...this.#request, headers: this.#headersWithout(gone) });
    const noted = (one: AdaptedRequest): AdaptedRequest => ({ ...one, notes });
    return made instanceof Promise ? made.then(noted) : noted(made);
  }

  #without(one: Missing, change: BodyChange, gone: Set<string>): readonly AdaptationReason[] {
    const { what, limit } = one;
    if (limit !== null) {
      const asked = maxTokensOf(change.places);
      return withFewerTokens(change, one) ? [reason('fewerTokens', { limit, asked: asked ?? limit })] : [];
    }
    const parts = partsOf(what, this.#betasIn());
    for (const beta of parts.betas) gone.add(beta);
    return withoutFields(change, parts) || parts.betas.length > 0 ? [reason('leftOut', { what })] : [];
  }

  *#ownThinking(
    endpoint: RoutableEndpoint,
    known: SessionThinking,
    change: BodyChange,
  ): Sliced<readonly AdaptationReason[]> {
    const owner = this.#ownerOf(endpoint);
    const all = thinkingIn(change.places);
    yield;
    known.learns(all, this.#around.owner());
    const isStrict = endpoint.thinking === 'strip' || known.isStrict(owner);
    const foreign = isStrict ? known.foreignTo(owner, all) : [];
    const { blocks, isOff } = withoutThinking(
      change,
      foreign.map(({ place }) => place),
      known.wantsStart(owner),
    );
    yield;
    return [...(blocks > 0 ? [reason('thinkingDropped', { blocks })] : []), ...(isOff ? [reason('thinkingOff')] : [])];
  }

  /** As `adapter.ts` does it, in the same splice. */
  #renamed({ models }: RoutableEndpoint, change: BodyChange): string | null {
    const { places } = change;
    const { model } = this.#request.summary;
    const to = mapped(models, model);
    if (to.kind !== 'sent' || to.model === model) return null;
    const named = places.named(0, 'model').filter((place) => places.isText(place));
    for (const place of named) change.replace(place, Buffer.from(JSON.stringify(to.model)));
    return named.length > 0 ? to.model : null;
  }

  #headersWithout(gone: ReadonlySet<string>): readonly string[] {
    const { headers } = this.#request;
    return gone.size === 0 ? headers : withoutBetas(headers, gone);
  }

  // ------------------------------------------------------------------------------------------------ what a refusal teaches

  /** Undefined: it is about something else. */
  #thinkingRepair(endpoint: RoutableEndpoint, { status, text }: SaidNo, body: Buffer): Repair | null | undefined {
    const refusal = thinkingRefusal(text);
    if (refusal === null || (status === tooManyRequests && refusal !== 'foreign')) return undefined;
    if (refusal === 'passBack') {
      this.#begun().passesOver(endpoint.id, this.#around.id);
      return { kind: 'elsewhere' };
    }
    const places = this.#placesIn(body);
    if (places === null || endpoint.thinking === 'keep') return null;
    const owner = this.#ownerOf(endpoint);
    if (refusal === 'noStart') {
      this.#begun().refusedStart(owner);
      if (!withoutThinking(new BodyChange(places), [], true).isOff) return null;
    } else if (!this.#begun().refused(owner, thinkingIn(places), this.#around.owner())) return undefined;
    return { kind: 'again', thing: `thinking ${refusal}` };
  }

  #missingRepair(endpoint: RoutableEndpoint, { text }: SaidNo, body: Buffer): Repair | null {
    const model = sentModel(endpoint.models, this.#request.summary.model);
    const { id, session, memory, ports } = this.#around;
    const known = this.#missingAt(endpoint, model);
    const names = this.#sentNames(body, known);
    const isKnown = (what: string) => known.some((one) => one.what === what && one.limit === null);
    const found = learned(text, names).filter(({ what }) => !isKnown(what));
    // Claude Code does without some things by itself, once it has seen the words: it sees them once.
    const isForClient = found.every(
      ({ what }) => isRepairedByClient(what) && memory.passesOn(session, endpoint.id, what),
    );
    if (found.length === 0 || isForClient) return null;
    this.#refused.set(endpoint.id, found.reduce(refusedToo(model), this.#refused.get(endpoint.id) ?? []));
    for (const { what, limit, evidence } of found)
      ports.capabilityMissing(endpoint.id, { model, what, limit, evidence }, id);
    return { kind: 'again', thing: found.map(({ what, limit }) => `${what} ${limit}`).join() };
  }

  /** What holds for its model now, by its facts and by this request. */
  #missingAt({ id, missing }: RoutableEndpoint, model: string | null): readonly Missing[] {
    const known = missingFor(missing, model, this.#around.ports.now());
    const refused = this.#refused.get(id);
    if (refused === undefined) return known;
    const news = refused.filter((one) => one.model === model);
    return [...known.filter(({ what }) => news.every((one) => one.what !== what)), ...news];
  }

  /** Of what was sent: what has gone already, and a maximum that is lower already, is no news. */
  #sentNames(body: Buffer, known: readonly Missing[]): RequestNames {
    const all = this.#betasIn();
    const gone = new Set(known.flatMap(({ what, limit }) => (limit === null ? partsOf(what, all).betas : [])));
    const betas = gone.size === 0 ? all : all.filter((beta) => !gone.has(beta));
    const names = namesIn(this.#placesIn(body), betas);
    const least = Math.min(...known.flatMap(({ limit }) => limit ?? []), names.maxTokens ?? 0);
    return names.maxTokens === null ? names : { ...names, maxTokens: least };
  }

  #has({ what, limit }: Missing): boolean {
    const { body } = this.#request;
    const names = namesIn(body === null ? null : this.#placesIn(body), this.#betasIn());
    if (limit !== null) return names.maxTokens !== null && names.maxTokens > limit;
    const { betas, fields } = partsOf(what, names.betas);
    return betas.length > 0 || fields.some((path) => names.has(path));
  }

  // ------------------------------------------------------------------------------------------------ what is known

  /** What is to be looked at in its thinking; undefined: nothing. */
  #thinkingAt({ thinking }: RoutableEndpoint): SessionThinking | undefined {
    if (thinking === 'keep') return undefined;
    return this.#known ?? (thinking === 'strip' ? this.#begun() : undefined);
  }

  get #known(): SessionThinking | undefined {
    return this.#own ?? this.#around.memory.of(this.#around.session);
  }

  #begun(): SessionThinking {
    if (this.#around.session !== null) return this.#around.memory.begins(this.#around.session);
    this.#own ??= this.#around.memory.begins(null);
    return this.#own;
  }

  #ownerOf({ origin, models }: RoutableEndpoint): Owner {
    return ownerOf(origin, sentModel(models, this.#request.summary.model));
  }

  #placesIn(body: Buffer): RequestPlaces | null {
    if (this.#places === undefined) this.#places = RequestPlaces.of(body);
    return this.#places;
  }

  #betasIn(): readonly string[] {
    this.#betas ??= betasIn(this.#request.headers);
    return this.#betas;
  }
}

/** The newest word on each thing. It holds as long as the request. */
function refusedToo(model: string | null) {
  return (known: readonly Missing[], { what, limit }: Learned): readonly Missing[] => [
    ...known.filter((one) => one.what !== what || one.model !== model),
    { model, what, limit, until: Number.POSITIVE_INFINITY },
  ];
}
