/** A request: where its time went, why each endpoint was asked or not, and what it caused. */
import type { RequestStory, RouteRow } from '../../contract/history.ts';
import { decidedWith } from '../../messages/decided-text.ts';
import { useAsked } from '../live/asked.ts';
import { place, present } from '../live/store.ts';
import { countText, durationText } from '../number-text.ts';
import { CommandLine } from '../parts/action.tsx';
import { FactList } from '../parts/fact-list.tsx';
import { StateWord } from '../parts/marks.tsx';
import { becauseText, hrefAt, hrefOf, ruleText, shortId, text, timeOf } from '../parts/text.ts';
import { WaterfallPicture } from '../parts/waterfall-picture.tsx';
import { word } from '../terminal-line.ts';
import { waterfallOf } from '../waterfall.ts';

export function RequestView() {
  const about = place.value.about ?? '';
  // A request that is not recorded yet may be so after the next fact.
  const asked = useAsked('history.explain', { about }, isKnown(about) ? null : present.value?.seq);
  const { value, error } = asked.value;
  const { request } = text().views;
  if (error !== null) return <p class="not-ready">{error}</p>;
  if (!value) return null;
  if (!('request' in value)) return <p class="aside">{request.unknown}</p>;
  known.add(about);
  return (
    <div class="request">
      <header class="heading">
        <h1>{request.title(shortId(value.request))}</h1>
        <Outcome story={value} />
        <CommandLine command={`qcc history explain ${word(value.request)}`} />
      </header>
      <p class="decided">{decidedWith(value.decided, { ...text(), words: text().decided })}</p>
      <Facts story={value} />
      <section class="part wide">
        <h2>{request.waterfall}</h2>
        <WaterfallPicture waterfall={waterfallOf(value)} />
      </section>
      <Candidates story={value} />
      <section class="part wide">
        <h2>{request.around}</h2>
        <FactList facts={value.facts} />
      </section>
      <Switches story={value} />
    </div>
  );
}

const known = new Set<string>();
const isKnown = (about: string) => known.has(about);

function Outcome({ story }: { readonly story: RequestStory }) {
  const { requests } = text().views;
  const { outcome } = story.decided;
  return <span class={`outcome o-${outcome}`}>{`${requests.outcomes[outcome]} · ${story.status}`}</span>;
}

function Facts({ story }: { readonly story: RequestStory }) {
  const { request, frame } = text().views;
  const own = story.facts.findLast(({ stream }) => stream === `request/${story.request}`);
  const usage = (
    own?.data as { readonly usage?: { readonly input: number | null; readonly output: number | null } | null }
  )?.usage;
  const { session, model } = story;
  return (
    <dl class="pairs in-line">
      <div>
        <dt>{request.began}</dt>
        <dd>{timeOf(story.startedAt)}</dd>
      </div>
      <div>
        <dt>{request.took}</dt>
        <dd>{durationText(story.durationMs)}</dd>
      </div>
      <div>
        <dt>{request.model}</dt>
        <dd>{model === null ? frame.noValue : <a href={hrefOf('requests', null, { model })}>{model}</a>}</dd>
      </div>
      <div>
        <dt>{request.session}</dt>
        <dd>
          {session === null ? (
            frame.noValue
          ) : (
            <a href={hrefOf('requests', null, { session })}>{session.slice(0, 18)}</a>
          )}
        </dd>
      </div>
      {usage && (
        <div>
          <dt>{request.tokens}</dt>
          <dd>{request.tokensOf(usage.input ?? 0, usage.output ?? 0)}</dd>
        </div>
      )}
      <div>
        <dt>{request.moment}</dt>
        <dd>
          <a href={hrefOf('now', null, { at: String(story.view) })}>#{countText(story.view)}</a>
        </dd>
      </div>
    </dl>
  );
}

function Candidates({ story }: { readonly story: RequestStory }) {
  const { request, endpoint } = text().views;
  const asked = new Set(story.attempts.map((one) => one.endpoint));
  return (
    <section class="part wide">
      <h2>{request.candidates(story.view)}</h2>
      <div class="scrolls">
        <table class="candidates">
          <thead>
            <tr>
              <th scope="col">{request.attempt}</th>
              <th scope="col">{text().plain.endpoint}</th>
              <th scope="col">{text().plain.state}</th>
              <th scope="col" class="right">
                {endpoint.weight}
              </th>
              <th scope="col">{request.rule}</th>
              <th scope="col">{request.facts}</th>
            </tr>
          </thead>
          <tbody>
            {story.route.map((row) => (
              <CandidateRow key={row.endpoint} row={row} isAsked={asked.has(row.endpoint)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function CandidateRow({ row, isAsked }: { readonly row: RouteRow; readonly isAsked: boolean }) {
  const { request, endpoint } = text().views;
  return (
    <tr class={isAsked ? 'is-here' : ''}>
      <td class="outcome">{isAsked ? request.asked : <span class="soft">{request.notAsked}</span>}</td>
      <th scope="row">
        <a href={hrefOf('endpoint', row.endpoint)}>{`${row.profile}/${row.name}`}</a>
      </th>
      <td>
        <StateWord state={row.state} />
      </td>
      <td class="right">{row.weight}</td>
      <td class="reasons">
        {ruleText(row.because)}
        {row.failure !== null && row.state !== 'healthy' && <span class="soft"> · {becauseText(row.failure)}</span>}
        {row.until !== null && <span class="soft"> · {endpoint.until(timeOf(row.until))}</span>}
      </td>
      <td class="numbers-in-line">
        {row.facts.slice(-6).map((seq) => (
          <a key={seq} href={hrefAt(seq)}>
            #{seq}
          </a>
        ))}
      </td>
    </tr>
  );
}

function Switches({ story }: { readonly story: RequestStory }) {
  const { request } = text().views;
  const { code, reason } = text();
  if (story.switches.length === 0) return null;
  return (
    <section class="part wide">
      <h2>{request.switches}</h2>
      <ul class="facts">
        {story.switches.map((one) => (
          <li key={one.seq}>
            <a class="seq" href={hrefAt(one.seq)}>
              #{one.seq}
            </a>
            <time dateTime={one.at}>{timeOf(one.at)}</time>
            <span>{code('switches', one.kind)}</span>
            <span class="sentence">
              {`${one.from ?? '-'} → ${one.to}`} <span class="soft">{reason(one.reason)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
