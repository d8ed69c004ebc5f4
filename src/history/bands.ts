/** A chart of time: which state each endpoint was in, which profile was active, and what happened meanwhile. */
import { upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import type { AnyFact } from '../../events/traits.ts';
import { hourMs } from '../../events/units.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { BandMark, Bands, EndpointBand } from '../contract/dashboard.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import type { State } from '../runtime/state.ts';
import { stateAt } from './moment.ts';

const bucketsDefault = 60;
// A chart that shows more does not tell more. The first ones stand for all.
const marksMax = 500;
const spansMax = 2_000;

/** @throws {QccError} when the log no longer keeps what came before the first instant */
export async function showBands(
  log: ReadableLog,
  params: Params<'dashboard.bands'>,
): Promise<Answer<'dashboard.bands'>> {
  const last = await stateAt(log, log.head);
  const to = params.to ?? last.at;
  const from = Math.min(params.from ?? to - hourMs, to);
  const fromSeq = Math.max(log.tail, await log.seqAt(from));
  const toSeq = (await log.seqAt(to + 1)) - 1;
  const state = await stateAt(log, fromSeq - 1);
  const chart = new Chart(state, { from, to, buckets: Math.max(1, params.buckets ?? bucketsDefault) });
  for await (const facts of log.read(fromSeq, toSeq)) for (const fact of facts) chart.add(upcast(fact));
  return { fromSeq, toSeq, ...chart.drawn(last) };
}

interface Width {
  readonly from: Millis;
  readonly to: Millis;
  readonly buckets: number;
}

type Status = Pick<ReturnType<typeof endpointStatus>, 'state' | 'because'>;

class Chart {
  readonly #width: Width;
  /** After the last fact that was added. */
  readonly #state: State;
  readonly #bands = new Map<EndpointId, Band<Status>>();
  readonly #active: Band<{ readonly profile: string | null }>;
  readonly #marks: BandMark[] = [];
  readonly #buckets: { answered: number; moved: number; failed: number }[];

  constructor(state: State, width: Width) {
    this.#state = state;
    this.#width = width;
    this.#active = new Band({ profile: priorityStatus(state.priority).active }, width.from, null);
    this.#buckets = Array.from({ length: width.buckets }, () => ({ answered: 0, moved: 0, failed: 0 }));
    for (const { id } of state.profiles.endpoints()) this.#look(id, width.from, null);
  }

  add(fact: Recorded): void {
    const kind = kindOf(fact.stream);
    this.#state.apply(fact);
    if (kind === 'request') {
      this.#count(fact);
      return;
    }
    if (kind === 'endpoint') this.#look(nameOf(fact.stream) as EndpointId, fact.at, fact.seq);
    else if (kind === 'profile')
      for (const { id } of this.#state.profiles.endpoints()) this.#look(id, fact.at, fact.seq);
    const { active } = priorityStatus(this.#state.priority);
    if (active !== this.#active.value.profile) this.#active.become({ profile: active }, fact.at, fact.seq);
    const mark = markOf(fact);
    if (mark && this.#marks.length < marksMax) this.#marks.push({ seq: fact.seq, at: iso(fact.at), ...mark });
  }

  /** @param last the present state, for names */
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
      buckets: this.#buckets,
    };
  }

  #look(id: EndpointId, at: Millis, seq: number | null): void {
    const band = this.#bands.get(id);
    if (!this.#state.profiles.endpoint(id)) {
      band?.end(at);
      return;
    }
    const { state, because } = endpointStatus(this.#state.endpoint(id));
    if (!band) this.#bands.set(id, new Band({ state, because }, at, seq));
    else if (band.value.state !== state || band.value.because !== because) band.become({ state, because }, at, seq);
  }

  #count({ at, type, data }: Recorded): void {
    const { from, to, buckets } = this.#width;
    const place = Math.floor(((at - from) / Math.max(1, to - from)) * buckets);
    const bucket = this.#buckets[Math.min(buckets - 1, Math.max(0, place))];
    if (!bucket || type === 'RequestCancelled') return;
    if (type !== 'RequestServed') bucket.failed++;
    else if (hasMoved(data as Served)) bucket.moved++;
    else bucket.answered++;
  }
}

/** Answered by another endpoint than the first that was asked. */
export function hasMoved({ attempts, endpoint }: Served): boolean {
  return attempts.length > 1 && attempts[0]?.endpoint !== endpoint;
}

/** Values one after the other. */
class Band<Value extends object> {
  value: Value;
  readonly #done: (Value & { readonly from: string; readonly to: string; readonly seq: number | null })[] = [];
  #from: Millis | null;
  #seq: number | null;

  constructor(value: Value, from: Millis, seq: number | null) {
    this.value = value;
    this.#from = from;
    this.#seq = seq;
  }

  become(value: Value, at: Millis, seq: number | null): void {
    this.end(at);
    this.value = value;
    this.#from = at;
    this.#seq = seq;
  }

  end(at: Millis): void {
    if (this.#from === null) return;
    if (at > this.#from && this.#done.length < spansMax)
      this.#done.push({ ...this.value, from: iso(this.#from), to: iso(at), seq: this.#seq });
    this.#from = null;
  }

  spans(to: Millis): readonly (Value & { readonly from: string; readonly to: string; readonly seq: number | null })[] {
    this.end(to);
    return this.#done;
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
