/**
 * What an endpoint gets in the place of what the client has sent. Nothing is changed unless the endpoint's owner or the endpoint itself has
 * said so; then the bytes that are not spoken of stay. An endpoint of which nothing is known costs one look at its rules.
 */
import type { AdaptationReason } from '../../../events/reason.ts';
import { mapped } from '../../../machines/model-map.ts';
import type { RoutableEndpoint } from '../../../machines/routing-view.ts';
import { visible } from '../../platform/visible.ts';
import type { RequestSummary } from '../request/body-sniffing.ts';
import { spliced } from './edits.ts';
import { modelPlaces } from './model-places.ts';

export interface AdaptableRequest {
  /** As they came, in flat pairs. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  readonly summary: RequestSummary;
}

export interface AdaptedRequest {
  /** The same ones where nothing differs. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** The endpoint's name of the model; null: as it was asked for. */
  readonly sentModel: string | null;
  /** What else differs, and why. */
  readonly notes: readonly AdaptationReason[];
}

const noNotes: readonly AdaptationReason[] = [];

/** At once where nothing differs, and for nearly every body. */
export function adapted(
  { models }: RoutableEndpoint,
  request: AdaptableRequest,
): AdaptedRequest | Promise<AdaptedRequest> {
  const { headers, body, summary } = request;
  const to = mapped(models, summary.model);
  if (to.kind !== 'sent' || body === null || to.model === summary.model) return asItCame(headers, body);
  const places = modelPlaces(body, summary);
  return places instanceof Promise
    ? places.then((found) => renamed(request, found, to.model))
    : renamed(request, places, to.model);
}

function asItCame(headers: readonly string[], body: Buffer | null): AdaptedRequest {
  return { headers, body, sentModel: null, notes: noNotes };
}

function renamed({ headers, body }: AdaptableRequest, places: readonly number[], model: string): AdaptedRequest {
  if (body === null || places.length === 0) return asItCame(headers, body);
  const bytes = Buffer.from(JSON.stringify(model));
  const edits = [];
  for (let i = 0; i < places.length; i += 2)
    edits.push({ from: places[i] as number, to: places[i + 1] as number, bytes });
  return { headers, body: spliced(body, edits), sentModel: model, notes: noNotes };
}

/** What the client is told of it, as flat pairs. */
export function adaptedHeaders(
  asked: string | null,
  { sentModel, notes }: Pick<AdaptedRequest, 'sentModel' | 'notes'>,
): readonly string[] {
  return [
    ...(sentModel === null ? [] : ['x-qcc-model', `${inHeader(asked ?? '')}>${inHeader(sentModel)}`]),
    ...(notes.length === 0 ? [] : ['x-qcc-adapted', notes.map(inWord).join(', ')]),
  ];
}

/** `leftOut=context_management`, `fewerTokens=8192`, `thinkingOff`. */
function inWord({ code, params }: AdaptationReason): string {
  const { what, limit, blocks } = params as Readonly<Record<string, string | number | undefined>>;
  const of = what ?? limit ?? blocks;
  return of === undefined ? code : `${code}=${inHeader(String(of))}`;
}

/** A name may have any letters; a header may not. */
function inHeader(name: string): string {
  return visible(name).replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);
}
