/** The bars and bands of time: what was so, from when to when. */
import type { Bands, EndpointBand, PageState } from '../contract/dashboard.ts';

type Span = EndpointBand['spans'][number];

/** The bands after the state has changed: an endpoint in another state begins a new span. */
export function bandsAfter(bands: Bands, state: PageState): Bands {
  const to = state.now;
  const known = new Map(bands.endpoints.map((band) => [band.endpoint, band]));
  const endpoints = state.profiles.flatMap((profile) =>
    profile.endpoints.map((one): EndpointBand => {
      const { spans } = known.get(one.id) ?? { spans: [] };
      const last = spans.at(-1);
      const value = { state: one.state, because: one.because as Span['because'] };
      const isSame = last?.state === value.state && last.because === value.because;
      const from = maxOf(bands.from, one.since);
      const next = isSame
        ? [...spans.slice(0, -1), { ...last, to }]
        : [...closed(spans, from), { ...value, from, to, seq: state.seq }];
      return { endpoint: one.id, name: `${profile.name}/${one.name}`, spans: next };
    }),
  );
  const active = state.ladder.active;
  const lastActive = bands.active.at(-1);
  return {
    ...bands,
    to,
    toSeq: state.seq,
    endpoints,
    active:
      lastActive && lastActive.profile === active
        ? [...bands.active.slice(0, -1), { ...lastActive, to }]
        : [...closed(bands.active, state.at), { profile: active, from: state.at, to, seq: state.seq }],
  };
}

/** The last one ends where the next begins. */
function closed<One extends { readonly from: string; readonly to: string }>(
  spans: readonly One[],
  at: string,
): readonly One[] {
  const last = spans.at(-1);
  return last ? [...spans.slice(0, -1), { ...last, to: maxOf(last.from, at) }] : spans;
}

const maxOf = (a: string, b: string) => (a > b ? a : b);

export interface Piece<One> {
  readonly span: One;
  /** From 0 to 1 of the width. */
  readonly x: number;
  readonly width: number;
}

/** The parts of spans that lie between two instants, as parts of a width. What is too narrow to be seen is drawn all the same. */
export function piecesOf<One extends { readonly from: string; readonly to: string }>(
  spans: readonly One[],
  from: number,
  to: number,
  narrowest = 0.004,
): readonly Piece<One>[] {
  const length = Math.max(1, to - from);
  return spans.flatMap((span) => {
    const x = Math.max(0, (Date.parse(span.from) - from) / length);
    const end = Math.min(1, (Date.parse(span.to) - from) / length);
    if (end < 0 || x > 1 || end < x) return [];
    return [{ span, x: Math.min(x, 1 - narrowest), width: Math.max(narrowest, end - x) }];
  });
}
