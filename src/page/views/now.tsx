/** Now: one sentence, the ladder as rungs, what runs and waits, and what happened last. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { kindOf } from '../../../events/ids.ts';
import type { PageProfile, PageState } from '../../contract/dashboard.ts';
import { shortSpan } from '../../platform/time.ts';
import { newest } from '../change.ts';
import { headline } from '../headline.ts';
import { useAsked } from '../live/asked.ts';
import { clock, heard, moment, shown } from '../live/store.ts';
import { countText } from '../number-text.ts';
import { ActionButton, CommandLine } from '../parts/action.tsx';
import { EndpointCard } from '../parts/endpoint-card.tsx';
import { FactList } from '../parts/fact-list.tsx';
import { useHour } from '../parts/hour.ts';
import { becauseText, ruleText, text } from '../parts/text.ts';

const happenedMax = 14;

/** The list of what runs is not drawn with the first look: it is loaded after that. */
export const runningList = signal<FunctionComponent<Record<never, never>> | null>(null);

export function Now() {
  const state = shown.value;
  if (!state) return null;
  const { headline: words, views, code, reason } = text();
  const said = {
    words,
    stateWord: (one: string) => code('states', one),
    why: becauseText,
    rule: ruleText,
    span: shortSpan,
  };
  const isEmpty = state.profiles.every(({ endpoints }) => endpoints.length === 0);
  return (
    <div class="now">
      <h1 class="headline" aria-live="polite">
        {headline(state, clock.value, said)}
      </h1>
      {state.notReady.map((one) => (
        <p key={one.code} class="not-ready">
          {reason(one)}
        </p>
      ))}
      <Held state={state} />
      {isEmpty ? (
        <p>
          {views.now.empty} <CommandLine command="qcc init" />
        </p>
      ) : (
        <Ladder state={state} />
      )}
      <div class="below">
        <Numbers state={state} />
        <Happened />
        {runningList.value && <runningList.value />}
      </div>
    </div>
  );
}

/** A switch that is put off, or one that is prepared. */
function Held({ state: { ladder } }: { readonly state: PageState }) {
  const { now } = text().views;
  const { held, recovery } = ladder;
  return (
    <>
      {held && (
        <p class="aside">
          {now.heldBack(held.wanted)}
          {held.until && ` · ${shortSpan(Date.parse(held.until) - clock.value)}`}
        </p>
      )}
      {recovery && <p class="aside">{now.watched(recovery.profile, recovery.checks, recovery.of)}</p>}
    </>
  );
}

function Ladder({ state }: { readonly state: PageState }) {
  const bands = useHour();
  const rungs = state.profiles.filter(({ isOnLadder }) => isOnLadder);
  return (
    <ol class="ladder">
      {state.profiles.map((profile) => (
        <li key={profile.name}>
          <Rung profile={profile} place={rungs.indexOf(profile) + 1} pinned={state.ladder.pinned}>
            {profile.endpoints.map((one) => (
              <EndpointCard key={one.id} one={one} profile={profile} bands={bands} live={state.live} />
            ))}
          </Rung>
        </li>
      ))}
    </ol>
  );
}

interface RungProps {
  readonly profile: PageProfile;
  readonly place: number;
  readonly pinned: string | null;
  readonly children: preact.ComponentChildren;
}

function Rung({ profile, place, pinned, children }: RungProps) {
  const { now, action } = text().views;
  const { name, tier, active, endpoints } = profile;
  const onLadder = tier === null ? now.rung(place) : now.tiers[tier];
  const where = place > 0 ? onLadder : now.offLadder;
  return (
    <section class={`rung${active ? ' is-active' : ''}`} aria-label={name}>
      <header>
        <span class="place">{place > 0 ? place : '·'}</span>
        <h2>{name}</h2>
        <p class="marks">
          <span>{where}</span>
          {active && <strong>{now.active}</strong>}
          {profile.pinned && <strong>{now.pinned}</strong>}
        </p>
        <p class="actions">
          {(!active || pinned === null) && place > 0 && (
            <ActionButton action={{ operation: 'priority.switch', params: { profile: name } }} label={action.switch} />
          )}
          {pinned === name && (
            <ActionButton action={{ operation: 'priority.release', params: {} }} label={action.release} />
          )}
        </p>
      </header>
      <div class="cards">{endpoints.length === 0 ? <p class="aside">{now.noEndpoints}</p> : children}</div>
    </section>
  );
}

function Numbers({ state: { live, queue } }: { readonly state: PageState }) {
  const { now, frame } = text().views;
  const requests = live?.requests;
  const budget = live?.inFlight.budget;
  const rows: readonly [string, readonly (readonly [string, string])[]][] = [
    [
      now.requests,
      [
        [now.inFlight, requests ? String(requests.inFlight) : frame.noValue],
        [now.waiting, requests ? String(requests.waiting) : frame.noValue],
        [now.answered, requests ? countText(requests.succeeded) : frame.noValue],
        [now.failed, requests ? countText(requests.failed) : frame.noValue],
        [now.cancelled, requests ? countText(requests.cancelled) : frame.noValue],
        [now.budget, budget ? `${Math.floor(budget.left)}/${budget.most}` : frame.noValue],
      ],
    ],
    [
      now.queue,
      [
        [now.queued, String(queue.waiting + queue.retrying)],
        [now.keptAnswers, String(queue.answered)],
        [now.dead, String(queue.dead)],
      ],
    ],
  ];
  return (
    <div class="numbers">
      {rows.map(([title, cells]) => (
        <section key={title}>
          <h2>{title}</h2>
          <dl>
            {cells.map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

/** Requests that went well say nothing new. */
function Happened() {
  const { now } = text().views;
  const at = moment.value;
  const asked = useAsked('history.read', at === null ? { limit: 60 } : { toSeq: at + 1, limit: 60 });
  const before = asked.value.value?.facts ?? [];
  const facts = (at === null ? newest(before, heard.value, 400) : before).filter(
    ({ type, stream }) =>
      type !== 'AttemptSucceeded' &&
      type !== 'TimerElapsed' &&
      !(kindOf(stream) === 'request' && type === 'RequestServed'),
  );
  return (
    <section class="happened">
      <h2>{now.happened}</h2>
      {asked.value.error !== null && <p class="not-ready">{asked.value.error}</p>}
      {facts.length === 0 ? (
        asked.value.value && <p class="aside">{now.nothingHappened}</p>
      ) : (
        <FactList facts={facts.slice(-happenedMax)} newestFirst />
      )}
    </section>
  );
}
