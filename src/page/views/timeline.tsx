/** The timeline: a band for each endpoint, the active profile above, marks, and a slider that the whole page follows. */
import { hourMs, secondMs } from '../../../events/units.ts';
import type { Bands, PageState } from '../../contract/dashboard.ts';
import { useAsked } from '../live/asked.ts';
import { showInstant, showMoment } from '../live/steps.ts';
import { clock, heard, look, moment, place, present, presentClock } from '../live/store.ts';
import { BandsPicture } from '../parts/bands-picture.tsx';
import { BandsTable } from '../parts/bands-table.tsx';
import { Comparison } from '../parts/comparison.tsx';
import { FactList } from '../parts/fact-list.tsx';
import { hrefOf, text } from '../parts/text.ts';
import { bandsAfter } from '../spans.ts';

const buckets = 120;
const around = 14;
const blockFacts = 64;
const ranges = [900, 3_600, 21_600, 86_400, 604_800] as const;

interface Span {
  readonly from: number;
  readonly to: number;
  /** It ends now, and goes on. */
  readonly isLive: boolean;
}

function spanIn(): Span {
  const { from = '', to = '', range = '' } = place.value.options;
  if (Number(from) > 0 && Number(to) > Number(from)) return { from: Number(from), to: Number(to), isLive: false };
  const known = ranges.find((one) => String(one) === range);
  const length = known === undefined ? hourMs : known * secondMs;
  // Of the gateway's clock, and not of the browser's: what happens is told by that one.
  const now = presentClock.value;
  return { from: now - length, to: now, isLive: true };
}

export function TimelineView() {
  const span = spanIn();
  // What is heard draws the bands on; marks and numbers of requests come with the next change of the ladder.
  const last = heard.value.findLast(
    ({ stream }) => stream === 'priority' || stream === 'config' || stream === 'gateway',
  );
  const isFolded = place.value.options['fold'] !== '0';
  const asked = useAsked(
    'dashboard.bands',
    span.isLive
      ? { from: Math.floor(span.from / 10_000) * 10_000, buckets }
      : { from: span.from, to: span.to, buckets },
    last?.seq,
  );
  const { value, error } = asked.value;
  const { timeline } = text().views;
  const now = { ...present.value, now: new Date(presentClock.value).toISOString() } as PageState;
  const drawn = value && span.isLive && now.live ? bandsAfter(value, now) : value;
  return (
    <div class="timeline">
      <h1 class="unseen">{timeline.title}</h1>
      <Controls span={span} isFolded={isFolded} />
      {error !== null && <p class="not-ready">{error}</p>}
      {drawn && <Chart bands={drawn} span={span} isFolded={isFolded} />}
      <Facts />
      <Comparison />
    </div>
  );
}

/** At the past's moment the whole chart is still there; only the line moves. */
function Chart({ bands, span, isFolded }: { readonly bands: Bands; readonly span: Span; readonly isFolded: boolean }) {
  const { timeline } = text().views;
  const isEmpty = bands.endpoints.length === 0 && bands.marks.length === 0;
  return (
    <section class="part">
      {isEmpty && <p class="aside">{timeline.nothing}</p>}
      <BandsPicture
        bands={bands}
        from={span.from}
        to={span.to}
        isFolded={isFolded}
        cursor={moment.value === null ? null : clock.value}
        onInstant={(at) => void showInstant(at)}
        onSpan={(from, to) => look({ from: String(Math.round(from)), to: String(Math.round(to)), range: null })}
      />
      <Slider bands={bands} />
      {bands.coarse && <p class="aside">{timeline.coarse}</p>}
      <BandsTable bands={bands} />
    </section>
  );
}

function Controls({ span, isFolded }: { readonly span: Span; readonly isFolded: boolean }) {
  const { timeline } = text().views;
  const length = span.to - span.from;
  const move = (by: number) =>
    look({ from: String(Math.round(span.from + by)), to: String(Math.round(span.to + by)), range: null });
  return (
    <div class="filters">
      <nav class="ranges" aria-label={timeline.range}>
        {ranges.map((seconds) => (
          <a
            key={seconds}
            href={hrefOf('timeline', null, { range: String(seconds) })}
            aria-current={span.isLive && Math.round(length / secondMs) === seconds ? 'true' : undefined}
          >
            {timeline.ranges[seconds]}
          </a>
        ))}
      </nav>
      <button type="button" onClick={() => move(-length / 2)}>
        ← {timeline.earlier}
      </button>
      {!span.isLive && (
        <>
          <button type="button" onClick={() => move(length / 2)}>
            {timeline.later} →
          </button>
          <button type="button" onClick={() => look({ from: null, to: null })}>
            {timeline.live}
          </button>
        </>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={isFolded}
          onChange={({ currentTarget: { checked } }) => look({ fold: checked ? null : '0' })}
        />
        {timeline.fold}
      </label>
      <span class="soft hint">{timeline.hint}</span>
    </div>
  );
}

/** By fact: an arrow key is one fact. */
function Slider({ bands: { fromSeq, toSeq } }: { readonly bands: Bands }) {
  const { timeline } = text().views;
  const last = Math.max(fromSeq, toSeq);
  const value = Math.min(last, Math.max(fromSeq, moment.value ?? last));
  return (
    <label class="slider">
      <span class="unseen">{timeline.slider}</span>
      <span class="soft">#{fromSeq}</span>
      <input
        type="range"
        min={fromSeq}
        max={last}
        step="1"
        value={value}
        aria-valuetext={`#${value}`}
        onInput={({ currentTarget }) => showMoment(Number(currentTarget.value))}
      />
      <span class="soft">#{last}</span>
    </label>
  );
}

/** The facts that are near, and more on both sides: most steps of the slider ask for nothing. */
function blockAround(at: number): { readonly fromSeq: number; readonly toSeq: number } {
  const first = Math.floor(at / blockFacts) * blockFacts;
  return { fromSeq: Math.max(0, first - around), toSeq: first + blockFacts + around };
}

function Facts() {
  const at = moment.value;
  const { timeline } = text().views;
  const last = present.value?.seq ?? 0;
  const block = at === null ? null : blockAround(at);
  const asked = useAsked(
    'history.read',
    block ?? { limit: around },
    // What is past does not change.
    block === null || block.toSeq > last ? last : null,
  );
  const read = asked.value.value?.facts ?? [];
  const facts = at === null ? read : read.filter(({ seq }) => seq > at - around + 3 && seq < at + 5);
  return (
    <section class="part">
      <h2>{at === null ? timeline.newestFacts : timeline.facts}</h2>
      <FactList facts={facts} newestFirst isFolded={false} here={at} />
    </section>
  );
}
