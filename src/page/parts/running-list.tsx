/** The requests that run now: since when, where, and how far their answers are. No fact tells of them before they end. */
import type { RunningRow } from '../../contract/gateway.ts';
import { shortSpan } from '../../platform/time.ts';
import { clock, shown } from '../live/store.ts';
import { bytesText } from '../number-text.ts';
import { hrefOf, nameOfEndpoint, shortId, text } from './text.ts';

export function RunningList() {
  const { requests } = text().views;
  const state = shown.value;
  if (!state?.live) return null;
  const { running } = state;
  const { inFlight, waiting } = state.live.requests;
  const others = inFlight + waiting - running.length;
  return (
    <section class="running">
      <h2>{requests.runningNow}</h2>
      {running.length === 0 && <p class="aside">{requests.nothingRuns}</p>}
      <ul>
        {running.map((one) => (
          <Running key={one.request} one={one} />
        ))}
      </ul>
      {running.length > 0 && others > 0 && <p class="aside">{requests.moreRun(others)}</p>}
    </section>
  );
}

function Running({ one }: { readonly one: RunningRow }) {
  const { requests } = text().views;
  const { request, startedAt, state, endpoint, attempts, bytes, model, session } = one;
  const about = [
    model,
    attempts > 1 ? requests.attempt(attempts) : null,
    session === null ? null : session.slice(0, 18),
    shortId(request),
  ];
  return (
    <li class={`r-${state.replace(' ', '-')}`}>
      <span class="since">{shortSpan(Math.max(0, clock.value - Date.parse(startedAt)))}</span>
      <span class="where">
        {endpoint !== null && <a href={hrefOf('endpoint', endpoint)}>{nameOfEndpoint(endpoint)}</a>}{' '}
        <span class="doing">{requests.running[state]}</span>
        {bytes > 0 && ` ${bytesText(bytes)}`}
      </span>
      <span class="soft clipped">{about.filter((part) => part !== null).join(' · ')}</span>
    </li>
  );
}
