/** Bands of time, drawn: labels on the left, and one scale for all. A click chooses a moment, a drag a span. */
import { untracked, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Bands } from '../../contract/dashboard.ts';
import { clockOf, dayOf, shortSpan } from '../../platform/time.ts';
import { clock, place, words } from '../live/store.ts';
import { fragmentOf, withOptions } from '../place.ts';
import { axisTicks, openLength, type TimeScale, timeScale } from '../time-scale.ts';
import { becauseText, hrefAt, hrefOf, text, timeOf } from './text.ts';

const width = 1000;
const rowHeight = 16;
const bandStates = ['healthy', 'degraded', 'recovering', 'failed', 'disabled'] as const;
// Less of a drag is a click with an unsteady hand.
const dragMin = 0.01;
const narrowest = 1.5;

interface BandsPictureProps {
  readonly bands: Bands;
  readonly from: number;
  readonly to: number;
  readonly isFolded: boolean;
  /** The chosen moment. */
  readonly cursor: number | null;
  readonly onInstant: (at: number) => void;
  readonly onSpan: (from: number, to: number) => void;
}

export function BandsPicture(props: BandsPictureProps) {
  const { bands, from, to, isFolded, cursor } = props;
  const events = useMemo(() => eventsIn(bands), [bands]);
  const scale = useMemo(() => timeScale(from, to, events, isFolded), [from, to, events, isFolded]);
  // Only the line moves with each step of the slider: the rest is drawn again when it, its words or its links are others.
  const { view, options } = withOptions(place.value, { at: null });
  const drawn = useMemo(
    () => <Drawn {...props} scale={scale} />,
    [bands, scale, words.value, dayOf(clock.value), fragmentOf({ view, about: null, options }), innerWidth < wideFrom],
  );
  return (
    <div class="bands">
      {drawn}
      <Over {...props} scale={scale} cursor={cursor} />
    </div>
  );
}

function Drawn({ bands, from, to, scale }: BandsPictureProps & { readonly scale: TimeScale }) {
  const { timeline } = text().views;
  return (
    <>
      <Row label={timeline.active}>
        <ActiveBand bands={bands} scale={scale} />
      </Row>
      {bands.endpoints.map((band) => (
        <Row key={band.endpoint} label={band.name} endpoint={band.endpoint}>
          <svg class="band" viewBox={`0 0 ${width} ${rowHeight}`} preserveAspectRatio="none" aria-hidden="true">
            <rect class="s-none" width={width} height={rowHeight} />
            {band.spans.map((span) => (
              <Box
                key={span.from}
                scale={scale}
                span={span}
                kind={`s-${span.state}`}
                said={`${text().code('states', span.state)} ${becauseText(span.because)}`}
              />
            ))}
          </svg>
        </Row>
      ))}
      <Row label={timeline.traffic}>
        <Traffic bands={bands} scale={scale} from={Date.parse(bands.from)} to={Date.parse(bands.to)} />
      </Row>
      <Row label={timeline.marks}>
        <Marks bands={bands} scale={scale} />
      </Row>
      <Row label="">
        <Ticks scale={scale} from={from} to={to} />
      </Row>
      <Row label="">
        <p class="legend soft">
          {bandStates.map((state) => (
            <span key={state} class={`s-${state}`}>
              {text().code('states', state)}
            </span>
          ))}
        </p>
      </Row>
    </>
  );
}

interface RowProps {
  readonly label: string;
  readonly endpoint?: string;
  readonly children: preact.ComponentChildren;
}

/** Its link leads to the moment that is shown: it alone follows the slider. */
function Row({ label, endpoint, children }: RowProps) {
  return (
    <>
      <span class="label">{endpoint === undefined ? label : <a href={hrefOf('endpoint', endpoint)}>{label}</a>}</span>
      <div class="track">{children}</div>
    </>
  );
}

function eventsIn({ endpoints, active, marks, buckets, from, to }: Bands): readonly number[] {
  const edges = [...endpoints.flatMap(({ spans }) => spans), ...active].flatMap((span) => [
    Date.parse(span.from),
    Date.parse(span.to),
  ]);
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const step = (end - begin) / Math.max(1, buckets.length);
  const busy = buckets.flatMap(({ answered, moved, failed }, place) =>
    answered + moved + failed > 0 ? [begin + place * step, begin + (place + 1) * step] : [],
  );
  return [...edges, ...marks.map(({ at }) => Date.parse(at)), ...busy];
}

/** Its day is a part of what the picture is drawn again for: a box does not follow the clock. */
function timeThen(at: string): string {
  return untracked(() => timeOf(at));
}

interface BoxProps {
  readonly scale: TimeScale;
  readonly span: { readonly from: string; readonly to: string };
  readonly kind: string;
  readonly said: string;
}

function Box({ scale, span, kind, said }: BoxProps) {
  const [x, end] = [scale.at(Date.parse(span.from)), scale.at(Date.parse(span.to))];
  return (
    <rect class={kind} x={x * width} width={Math.max(narrowest, (end - x) * width)} height={rowHeight}>
      <title>{`${timeThen(span.from)} – ${timeThen(span.to)}: ${said}`}</title>
    </rect>
  );
}

/** Names stand in their spans, where they fit. */
function ActiveBand({ bands, scale }: { readonly bands: Bands; readonly scale: TimeScale }) {
  return (
    <div class="active-band">
      {bands.active.map(({ from, to, profile }) => {
        const [x, end] = [scale.at(Date.parse(from)), scale.at(Date.parse(to))];
        return (
          <span
            key={from}
            class={profile === null ? 'is-none' : ''}
            style={{ left: `${x * 100}%`, width: `${Math.max(0.15, (end - x) * 100)}%` }}
            title={`${timeThen(from)} – ${timeThen(to)}: ${profile ?? '-'}`}
          >
            <b>{profile ?? ''}</b>
          </span>
        );
      })}
    </div>
  );
}

interface TrafficProps {
  readonly bands: Bands;
  readonly scale: TimeScale;
  readonly from: number;
  readonly to: number;
}

function Traffic({ bands: { buckets }, scale, from, to }: TrafficProps) {
  const height = 34;
  const most = Math.max(1, ...buckets.map(({ answered, moved, failed }) => answered + moved + failed));
  const step = (to - from) / Math.max(1, buckets.length);
  const { timeline } = text().views;
  return (
    <svg class="traffic" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {buckets.map(({ answered, moved, failed }, place) => {
        if (answered + moved + failed === 0) return null;
        const [x, end] = [scale.at(from + place * step), scale.at(from + (place + 1) * step)];
        const wide = Math.max(narrowest, (end - x) * width - 0.6);
        const tall = (count: number) => (count / most) * (height - 2);
        return (
          <g key={place}>
            <title>{timeline.requestsOf(answered, moved, failed)}</title>
            <rect class="s-healthy" x={x * width} width={wide} y={height - tall(answered)} height={tall(answered)} />
            <rect
              class="s-degraded"
              x={x * width}
              width={wide}
              y={height - tall(answered + moved)}
              height={tall(moved)}
            />
            <rect
              class="s-failed"
              x={x * width}
              width={wide}
              y={height - tall(answered + moved + failed)}
              height={tall(failed)}
            />
          </g>
        );
      })}
    </svg>
  );
}

export function markText({ kind, name }: Bands['marks'][number]): string {
  return text().views.timeline.kinds[kind](name ?? '');
}

function Marks({ bands, scale }: { readonly bands: Bands; readonly scale: TimeScale }) {
  return (
    <div class="marks-row" aria-hidden="true">
      {bands.marks.map((mark) => (
        <a
          key={mark.seq}
          tabIndex={-1}
          class={`mark m-${mark.kind.replace(' ', '-')}`}
          style={{ left: `${scale.at(Date.parse(mark.at)) * 100}%` }}
          href={untracked(() => hrefAt(mark.seq))}
          title={`#${mark.seq} ${timeThen(mark.at)} ${markText(mark)}`}
        >
          <span class="unseen">{markText(mark)}</span>
        </a>
      ))}
    </div>
  );
}

// A label takes so much of the width, where there is much of it and where there is little.
const labelShare = { wide: 0.085, narrow: 0.27 };
const wideFrom = 760;
// In shorter spans whole minutes are few.
const secondsBelow = 600_000;

function Ticks({ scale, from, to }: { readonly scale: TimeScale; readonly from: number; readonly to: number }) {
  const { timeline } = text().views;
  const isLong = dayOf(from) !== dayOf(to);
  const digits = openLength(from, to, scale) < secondsBelow ? 8 : 5;
  const said = (at: number) => `${isLong ? `${dayOf(at).slice(5)} ` : ''}${clockOf(at).slice(0, digits)}`;
  const gap = labelShare[innerWidth < wideFrom ? 'narrow' : 'wide'];
  return (
    <div class="ticks-row">
      {axisTicks(scale, from, to, isLong ? 1.4 * gap : gap).map(({ at, fold }) => (
        <span
          key={at}
          class={fold ? 'after-fold' : edgeOf(scale.at(at), gap)}
          style={{ left: `${scale.at(fold ? fold.from : at) * 100}%` }}
          title={fold ? timeline.quiet(shortSpan(fold.to - fold.from)) : undefined}
        >
          {fold && <b>⋯ </b>}
          {said(at)}
        </span>
      ))}
    </div>
  );
}

/** A label at an edge of the picture does not go over it. */
function edgeOf(share: number, gap: number): string {
  if (share > 1 - gap / 2) return 'at-end';
  return share < gap / 2 ? 'at-start' : '';
}

/** What takes the pointer, and shows the chosen moment. By keyboard the slider does the same. */
function Over({ scale, cursor, onInstant, onSpan }: BandsPictureProps & { readonly scale: TimeScale }) {
  const drag = useSignal<{ readonly from: number; readonly to: number } | null>(null);
  const placeIn = (event: PointerEvent) => {
    const { left, width: wide } = (event.currentTarget as Element).getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / wide));
  };
  const end = () => {
    const span = drag.value;
    drag.value = null;
    if (!span) return;
    const [a, b] = [Math.min(span.from, span.to), Math.max(span.from, span.to)];
    if (b - a < dragMin) onInstant(scale.instant(a));
    else onSpan(scale.instant(a), scale.instant(b));
  };
  const span = drag.value;
  return (
    <div
      class="over-bands"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = placeIn(event);
        drag.value = { from: at, to: at };
      }}
      onPointerMove={(event) => {
        if (drag.value) drag.value = { ...drag.value, to: placeIn(event) };
      }}
      onPointerUp={end}
      onPointerCancel={() => {
        drag.value = null;
      }}
    >
      {span && (
        <span
          class="brush"
          style={{ left: `${Math.min(span.from, span.to) * 100}%`, width: `${Math.abs(span.to - span.from) * 100}%` }}
        />
      )}
      {cursor !== null && <span class="cursor" style={{ left: `${scale.at(cursor) * 100}%` }} />}
    </div>
  );
}
