/** An endpoint as a card: how it is, since when, its last hour, its numbers, and what it waits for. */
import { hourMs } from '../../../events/units.ts';
import type { Bands, PageEndpoint, PageLive, PageProfile } from '../../contract/dashboard.ts';
import type { NextRow } from '../../contract/health.ts';
import { shortSpan } from '../../platform/time.ts';
import { nextMove, shareOf } from '../headline.ts';
import { clock } from '../live/store.ts';
import { durationText, percentText } from '../number-text.ts';
import { ActionButton } from './action.tsx';
import { StateBar } from './bar.tsx';
import { bandOf } from './hour.ts';
import { StateWord } from './marks.tsx';
import { becauseText, hrefOf, nextText, ruleText, spanTo, text } from './text.ts';

interface CardProps {
  readonly one: PageEndpoint;
  readonly profile: PageProfile;
  readonly bands: Bands | null;
  readonly live: PageLive | null;
}

export function EndpointCard({ one, profile, bands, live }: CardProps) {
  const { now } = text().views;
  const to = clock.value;
  const why = becauseText(one.because);
  return (
    <article class={`card s-${one.state}`} aria-label={`${profile.name}/${one.name}`}>
      <header>
        <h3>
          <a href={hrefOf('endpoint', one.id)}>{one.name}</a>
        </h3>
        <StateWord state={one.state} />
        <span class="since">{now.since(spanTo(one.since))}</span>
      </header>
      <StateBar band={bandOf(bands, one.id)} from={to - hourMs} to={to} />
      <Figures one={one} profile={profile} live={live} />
      <p class="due">
        {why !== '' && <span class="why">{why}</span>}
        <Due one={one} />
      </p>
      <p class="actions">
        <EndpointActions one={one} />
      </p>
    </article>
  );
}

export function EndpointActions({ one }: { readonly one: PageEndpoint }) {
  const { action } = text().views;
  const params = { profile: one.profile, id: one.id };
  const isOff = one.state === 'disabled';
  return (
    <>
      {isOff ? (
        <ActionButton action={{ operation: 'endpoint.enable', params }} label={action.enable} />
      ) : (
        <>
          <ActionButton action={{ operation: 'health.check', params: { id: one.id } }} label={action.check} />
          {one.state !== 'healthy' && (
            <ActionButton action={{ operation: 'health.reset', params: { id: one.id } }} label={action.reset} />
          )}
          <ActionButton action={{ operation: 'endpoint.disable', params }} label={action.disable} />
        </>
      )}
    </>
  );
}

function Figures({ one, profile, live }: Omit<CardProps, 'bands'>) {
  const { now, frame } = text().views;
  const share = shareOf(one, profile.endpoints);
  const rate = one.recentSuccessRate ?? one.successRate;
  const cells: readonly (readonly [string, string])[] = [
    [now.share, share === null ? frame.noValue : percentText(share)],
    [now.running, live ? String(live.inFlight.inFlight[one.id] ?? 0) : frame.noValue],
    [now.success, rate === null ? frame.noValue : percentText(rate)],
    [now.response, one.avgResponseMs === null ? frame.noValue : durationText(one.avgResponseMs)],
    [now.slowest, one.p95ResponseMs === null ? frame.noValue : durationText(one.p95ResponseMs)],
  ];
  return (
    <dl class="figures">
      {cells.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What moves it next: a check that comes before its wait is over, and what has an instant before what waits for something to happen. */
function Due({ one }: { readonly one: PageEndpoint }) {
  const { views, story, code } = text();
  const { now } = views;
  if (one.heard) {
    const left = one.heard.until === null ? 0 : Date.parse(one.heard.until) - clock.value;
    return (
      <span>
        {ruleText(one.heard.rule)}
        {left > 0 && <span class="countdown">{` · ${shortSpan(left)}`}</span>}
      </span>
    );
  }
  if (one.state === 'healthy') return one.seen === 'untried' ? <span class="strikes">{now.untried}</span> : null;
  const soonest = soonestOf(one.next);
  const move = nextMove(one, clock.value);
  const check = move?.isCheck ? <span class="countdown">{now.checkIn(shortSpan(move.at - clock.value))}</span> : null;
  if (!soonest) return check ?? <span>{now.quiet}</span>;
  const to = code('states', soonest.to);
  const why = nextText(soonest, one);
  if (soonest.at === null) {
    // A state has steps of its own: it is not told that what recovers will be recovering.
    return check ?? <span>{soonest.to === one.state ? now.further(why) : story.moves.goes(to, why)}</span>;
  }
  const ms = Date.parse(soonest.at) - clock.value;
  return (
    <>
      {check}
      <span class="countdown">{story.moves.goesAt(to, ms > 0 ? shortSpan(ms) : null, why)}</span>
    </>
  );
}

function soonestOf(next: readonly NextRow[]): NextRow | undefined {
  const dated = next.filter((step) => step.at !== null).sort((a, b) => String(a.at).localeCompare(String(b.at)));
  return dated[0] ?? next[0];
}
