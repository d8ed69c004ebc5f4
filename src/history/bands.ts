/** A chart of time: which state each endpoint was in, which profile was active, and what happened meanwhile. */
import { upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf } from '../../events/ids.ts';
import type { AnyFact } from '../../events/traits.ts';
import { hourMs } from '../../events/units.ts';
import { endpointStatus, targetState } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { BandMark, Bands, EndpointBand } from '../contract/dashboard.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import type { RollUp } from '../projections/roll-up.ts';
import type { State } from '../runtime/state.ts';
import { stateAt } from './moment.ts';
import { partsOf, rareOf } from './parts.ts';
import { RequestBuckets, type Width } from './request-buckets.ts';

const bucketsDefault = 60;
// A chart that shows more does not tell more. The first ones stand for all, and the number of the others is told.
const marksMax = 500;
// A screen has not so many columns.
const spansMax = 2_000;

/** @throws {QccError} when the log no longer keeps what came before the first instant */
export async function showBands(
  log: ReadableLog,
  params: Params<'dashboard.bands'>,
): Promise<Answer<'dashboard.bands'>> {
  const to = params.to ?? (await instantOf(log, log.head)) ?? 0;
  // What came before the log's first fact is known of a log that was never trimmed alone: nothing.
  const known = log.tail > 1 ? ((await instantOf(log, log.tail)) ?? 0) : 0;
  const from = Math.min(Math.max(params.from ?? to - hourMs, known), to);
  const fromSeq = Math.max(log.tail, await log.seqAt(from));
  const toSeq = (await log.seqAt(to + 1)) - 1;
  const state = await stateAt(log, fromSeq - 1);
  const chart = new Chart(state, { from, to, buckets: Math.max(1, params.buckets ?? bucketsDefault) });
  for await (const part of partsOf(log, [fromSeq, toSeq])) {
    if ('facts' in part) for (const fact of part.facts) chart.add(upcast(fact));
    else await addBlock(log, chart, part.block);
  }
  const last = toSeq < log.head ? await stateAt(log, log.head) : state;
  return { fromSeq, toSeq, ...chart.drawn(last) };
}

async function addBlock(log: ReadableLog, chart: Chart, block: RollUp): Promise<void> {
  for await (const facts of rareOf(log, block, isDrawn)) for (const fact of facts) chart.add(upcast(fact));
  for (const [from, to] of chart.requests.addBlock(block))
    for await (const facts of log.read(from, to)) for (const fact of facts) chart.count(upcast(fact));
}

/** What an endpoint was seen to do moves no band, until its machine decides on it; the queue and tokens have none. */
function isDrawn(kind: string, type: string): boolean {
  if (kind === 'endpoint') return targetState({ type }) !== null;
  return kind !== 'queue' && kind !== 'token';
}

async function instantOf(log: ReadableLog, seq: number): Promise<Millis | undefined> {
  for await (const [fact] of log.read(seq, seq)) if (fact) return fact.at;
  return undefined;
}

type Status = Pick<ReturnType<typeof endpointStatus>, 'state' | 'because'>;

class Chart {
  readonly #width: Width;
  /** After the last fact that was added. */
  readonly #state: State;
  readonly #bands = new Map<EndpointId, Band<Status>>();
  readonly #active: Band<{ readonly profile: string | null }>;
  readonly #marks: BandMark[] = [];
  #marksLeftOut = 0;
  readonly requests: RequestBuckets;

  constructor(state: State, width: Width) {
    this.#state = state;
    this.#width = width;
    this.#active = new Band({ profile: priorityStatus(state.priority).active }, width.from, null);
    this.requests = new RequestBuckets(width);
    for (const { id } of state.profiles.endpoints()) this.#look(id, width.from, null);
  }

  /** For a part of a range whose other facts were added: a request, or nothing. */
  count(fact: Recorded): void {
    if (kindOf(fact.stream) === 'request') this.requests.add(fact);
  }

  add(fact: Recorded): void {
    const kind = kindOf(fact.stream);
    // The most of all facts, and they move no machine: they are counted, and not folded.
    if (kind === 'request') {
      this.requests.add(fact);
      return;
    }
    this.#state.apply(fact);
    if (kind === 'endpoint') this.#look(nameOf(fact.stream) as EndpointId, fact.at, fact.seq);
    else if (kind === 'profile') for (const id of this.#everyEndpoint()) this.#look(id, fact.at, fact.seq);
    const { active } = priorityStatus(this.#state.priority);
    if (active !== this.#active.value.profile) this.#active.become({ profile: active }, fact.at, fact.seq);
    const mark = markOf(fact);
    if (!mark) return;
    if (this.#marks.length < marksMax) this.#marks.push({ seq: fact.seq, at: iso(fact.at), ...mark });
    else this.#marksLeftOut++;
  }

  /** @param last the present state, for names; its requests may be missing */
  drawn({ profiles }: State): Omit<Bands, 'fromSeq' | 'toSeq'> {
    const { from, to } = this.#width;
    const former = new Map(profiles.former.map(({ endpoint, profile, name }) => [endpoint, `${profile}/${name}`]));
    const endpoints = [...this.#bands].map(([endpoint, band]): EndpointBand => {
      const known = profiles.endpoint(endpoint);
      const name = known ? `${known.profile}/${known.name}` : (former.get(endpoint) ?? endpoint);
      return { endpoint, name, spans: band.spans(to) };
    });
    return {
      from: iso(from),
      to: iso(to),
      active: this.#active.spans(to),
      endpoints,
      marks: this.#marks,
      marksLeftOut: this.#marksLeftOut,
      coarse: this.#active.isCoarse || [...this.#bands.values()].some(({ isCoarse }) => isCoarse),
      buckets: this.requests.all,
    };
  }

  /** Those of the chart, which may have been removed, and those that were added. */
  #everyEndpoint(): ReadonlySet<EndpointId> {
    return new Set([...this.#bands.keys(), ...this.#state.profiles.endpoints().map(({ id }) => id)]);
  }

  #look(id: EndpointId, at: Millis, seq: number | null): void {
    const band = this.#bands.get(id);
    if (!this.#state.profiles.endpoint(id)) {
      band?.end(at);
      return;
    }
    const { state, because } = endpointStatus(this.#state.endpoint(id));
    if (!band) this.#bands.set(id, new Band({ state, because }, at, seq));
    // Also when it has come back after it was removed.
    else if (!band.goesOn || band.value.state !== state || band.value.because !== because)
      band.become({ state, because }, at, seq);
  }
}

type Spanned<Value> = Value & { readonly from: string; readonly to: string; readonly seq: number | null };

/** Values one after the other. */
class Band<Value extends object> {
  value: Value;
  isCoarse = false;
  #done: { readonly value: Value; readonly from: Millis; readonly to: Millis; readonly seq: number | null }[] = [];
  #from: Millis | null;
  #seq: number | null;

  constructor(value: Value, from: Millis, seq: number | null) {
    this.value = value;
    this.#from = from;
    this.#seq = seq;
  }

  /** False between the removal of an endpoint and its return. */
  get goesOn(): boolean {
    return this.#from !== null;
  }

  become(value: Value, at: Millis, seq: number | null): void {
    this.end(at);
    this.value = value;
    this.#from = at;
    this.#seq = seq;
  }

  end(at: Millis): void {
    const [from, seq] = [this.#from, this.#seq];
    this.#from = null;
    if (from === null || at <= from) return;
    this.#done.push({ value: this.value, from, to: at, seq });
    if (this.#done.length > spansMax) this.#halve();
  }

  /** Of two neighbours, the longer one stands for both: the whole time stays covered. */
  #halve(): void {
    this.isCoarse = true;
    const pairs = this.#done;
    this.#done = pairs.flatMap((one, i) => {
      const next = pairs[i + 1];
      if (i % 2 === 1) return [];
      // What is apart was no neighbour: the endpoint did not exist meanwhile.
      if (!next || next.from !== one.to) return next ? [one, next] : [one];
      const longer = next.to - next.from > one.to - one.from ? next : one;
      return [{ ...longer, from: one.from, to: next.to }];
    });
  }

  spans(to: Millis): readonly Spanned<Value>[] {
    this.end(to);
    return this.#done.map(({ value, from, to: until, seq }) => ({ ...value, from: iso(from), to: iso(until), seq }));
  }
}

function markOf(fact: Recorded): Pick<BandMark, 'kind' | 'name'> | undefined {
  const { type, data } = fact as unknown as AnyFact;
  switch (type) {
    case 'FailedOver':
    case 'Recovered':
    case 'SwitchedByHand':
      return { kind: 'switch', name: data.to };
    case 'SettingChanged':
      return { kind: 'setting', name: data.key };
    case 'GatewayStarted':
      return { kind: 'start', name: data.version };
    case 'GatewayFoundDead':
      return { kind: 'found dead', name: null };
    case 'Offline':
      return { kind: 'offline', name: null };
    case 'Online':
      return { kind: 'online', name: null };
    case 'Slept':
      return { kind: 'slept', name: null };
    case 'FactsLost':
      return { kind: 'lost', name: null };
    default:
      return undefined;
  }
}
