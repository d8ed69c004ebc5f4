/** An endpoint: its machine with "it is here", what would move it, its results and its last changes. */
import { kindOf } from '../../../events/ids.ts';
import { hourMs } from '../../../events/units.ts';
import { drawnFacts } from '../../../machines/endpoint-picture.ts';
import type { PageEndpoint } from '../../contract/dashboard.ts';
import type { MetricsRow } from '../../contract/health.ts';
import { shortSpan } from '../../platform/time.ts';
import { newest } from '../change.ts';
import { useAsked } from '../live/asked.ts';
import { clock, heard, moment, place, shown } from '../live/store.ts';
import { durationText, percentText } from '../number-text.ts';
import { StateBar } from '../parts/bar.tsx';
import { EndpointActions } from '../parts/endpoint-card.tsx';
import { FactList } from '../parts/fact-list.tsx';
import { bandOf, useHour } from '../parts/hour.ts';
import { StateWord } from '../parts/marks.tsx';
import { MachinePicture } from '../parts/picture.tsx';
import { becauseText, hrefOf, nextText, spanTo, text, timeOf } from '../parts/text.ts';

const changesMax = 24;
const checksMax = 12;

export function EndpointView() {
  const { about } = place.value;
  const one = shown.value?.profiles.flatMap(({ endpoints }) => endpoints).find(({ id }) => id === about);
  const bands = useHour();
  const { endpoint, now } = text().views;
  if (!one) return <p class="aside">{endpoint.unknown}</p>;
  const to = clock.value;
  return (
    <div class="endpoint">
      <header class="heading">
        <h1>
          <span class="soft">{one.profile}/</span>
          {one.name}
        </h1>
        <StateWord state={one.state} />
        <span class="soft">{now.since(spanTo(one.since))}</span>
        {one.because !== null && <span class="soft">{becauseText(one.because)}</span>}
        <span class="actions">
          <EndpointActions one={one} />
        </span>
      </header>
      <StateBar band={bandOf(bands, one.id)} from={to - hourMs} to={to} />
      <section class="part chart-part">
        <h2>{endpoint.chart}</h2>
        <MachinePicture state={one.state} next={one.next} />
      </section>
      <Moves one={one} />
      <Results one={one} />
      <Changes id={one.id} />
      <Checks one={one} />
    </div>
  );
}

/** The list is the picture's text, too. */
function Moves({ one }: { readonly one: PageEndpoint }) {
  const { views, code } = text();
  const { endpoint } = views;
  return (
    <section class="part">
      <h2>{endpoint.moves}</h2>
      <ol class="moves">
        {one.next.map((step, place) => (
          <li key={`${step.rule} ${step.to}`} class={step.at === null ? '' : 'is-due'}>
            <span class="number">{place + 1}</span>
            <span>
              {step.to === one.state ? (
                views.now.further(nextText(step, one))
              ) : (
                <>
                  → {code('states', step.to)} <span class="soft">{nextText(step, one)}</span>
                </>
              )}
            </span>
            <span class="due">{dueText(step.at)}</span>
          </li>
        ))}
      </ol>
      <AllWays state={one.state} />
    </section>
  );
}

function dueText(at: string | null): string {
  if (at === null) return '';
  const ms = Date.parse(at) - clock.value;
  return ms > 0 ? shortSpan(ms) : timeOf(at);
}

function AllWays({ state }: { readonly state: string }) {
  const { views, code } = text();
  const { endpoint, frame } = views;
  return (
    <details>
      <summary>{frame.asTable}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{endpoint.from}</th>
            <th scope="col">{endpoint.to}</th>
            <th scope="col">{endpoint.on}</th>
          </tr>
        </thead>
        <tbody>
          {drawnFacts.map(({ from, to, on }) => (
            <tr key={`${from} ${to}`} class={from === state ? 'is-here' : ''}>
              <td>{code('states', from)}</td>
              <td>{code('states', to)}</td>
              <td>
                <code>{on.join(', ')}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Results({ one }: { readonly one: PageEndpoint }) {
  const isPast = moment.value !== null;
  const asked = useAsked(
    'health.metrics',
    isPast ? null : { id: one.id },
    one.consecutiveFailures + one.consecutiveSuccesses,
  );
  const row = isPast ? undefined : asked.value.value?.endpoints[0];
  const { endpoint } = text().views;
  return (
    <section class="part">
      <h2>{endpoint.results}</h2>
      <dl class="pairs">
        {pairsOf(one, row).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {one.lacks.length > 0 && (
        <>
          <h2>{endpoint.lacks}</h2>
          <ul>
            {one.lacks.map(({ model, until }) => (
              <li key={model}>
                <code>{model}</code> <span class="soft">{endpoint.until(timeOf(until))}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <p>
        <a href={hrefOf('requests', null, { endpoint: one.id })}>{endpoint.requests}</a>
      </p>
    </section>
  );
}

function pairsOf(one: PageEndpoint, row: MetricsRow | undefined): readonly (readonly [string, string])[] {
  const { views, reason } = text();
  const { endpoint, now, frame } = views;
  const time = (ms: number | null) => (ms === null ? frame.noValue : durationText(ms));
  const rate = one.recentSuccessRate ?? one.successRate;
  const parts = row?.stabilityParts;
  return [
    [now.success, rate === null ? frame.noValue : percentText(rate)],
    [now.response, `${time(one.avgResponseMs)} · ${now.slowest} ${time(one.p95ResponseMs)}`],
    [
      endpoint.streak,
      one.consecutiveFailures > 0
        ? endpoint.failuresInRow(one.consecutiveFailures)
        : endpoint.successesInRow(one.consecutiveSuccesses),
    ],
    [endpoint.weight, endpoint.weightOf(one.weight, Math.round(one.effectiveWeight * 10) / 10)],
    ...(parts
      ? [[endpoint.stability, endpoint.stabilityOf(parts.recent, parts.steadiness, parts.streak)] as const]
      : []),
    ...(row ? [[endpoint.checks, String(row.checks)] as const] : []),
    ...(one.lastError === null ? [] : [[endpoint.lastError, reason(one.lastError)] as const]),
    [endpoint.priority, String(one.priority)],
    [endpoint.limit, String(one.maxConcurrent)],
    ...(one.timeoutMs === null ? [] : [[endpoint.timeout, durationText(one.timeoutMs)] as const]),
    [endpoint.address, one.baseUrl],
  ];
}

/** What was only seen, and changed nothing, is left to the list of requests. */
function Changes({ id }: { readonly id: string }) {
  const at = moment.value;
  const stream = `endpoint/${id}`;
  const asked = useAsked('history.read', { endpoint: id, limit: 200, ...(at !== null && { toSeq: at + 1 }) });
  const before = asked.value.value?.facts ?? [];
  const facts = (
    at === null
      ? newest(
          before,
          heard.value.filter((fact) => fact.stream === stream),
          400,
        )
      : before
  ).filter(
    ({ type, stream: of }) => kindOf(of) === 'endpoint' && type !== 'AttemptSucceeded' && type !== 'TimerElapsed',
  );
  const { endpoint } = text().views;
  return (
    <section class="part wide">
      <h2>{endpoint.changes}</h2>
      {asked.value.error !== null && <p class="not-ready">{asked.value.error}</p>}
      {facts.length === 0 ? (
        asked.value.value && <p class="aside">{endpoint.noChanges}</p>
      ) : (
        <FactList facts={facts.slice(-changesMax)} newestFirst />
      )}
    </section>
  );
}

function Checks({ one }: { readonly one: PageEndpoint }) {
  const asked = useAsked(
    'health.history',
    moment.value === null ? { id: one.id, limit: checksMax } : null,
    one.lastCheckAt,
  );
  const checks = asked.value.value?.checks ?? [];
  const { views, code, reason } = text();
  const { endpoint, frame } = views;
  if (moment.value !== null) return null;
  return (
    <section class="part wide">
      <h2>{endpoint.probes}</h2>
      {checks.length === 0 ? (
        asked.value.value && <p class="aside">{endpoint.noProbes}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keyboard too, and nothing within it takes the focus
        <section class="scrolls" aria-label={endpoint.probes} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{endpoint.time}</th>
                <th scope="col">{endpoint.verdict}</th>
                <th scope="col">{endpoint.depth}</th>
                <th scope="col" class="right">
                  {endpoint.took}
                </th>
                <th scope="col" class="right">
                  {endpoint.score}
                </th>
                <th scope="col">{endpoint.led}</th>
              </tr>
            </thead>
            <tbody>
              {checks.map((check) => (
                <tr key={check.at}>
                  <td>{timeOf(check.at)}</td>
                  <td>
                    {code('verdicts', check.verdict)}
                    {check.error && <span class="soft"> {reason(check.error)}</span>}
                  </td>
                  <td>{check.depth === null ? frame.noValue : code('depths', check.depth)}</td>
                  <td class="right">{durationText(check.responseMs)}</td>
                  <td class="right">{check.score}</td>
                  <td>{check.led ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
