/** What if: settings on the left, and on the right what the recorded past would have been with them. */
import { dayMs, hourMs } from '../../../events/units.ts';
import type { Answer } from '../../contract/operations.ts';
import { shortSpan } from '../../platform/time.ts';
import { useAsked } from '../live/asked.ts';
import { look, place, present } from '../live/store.ts';
import { countText } from '../number-text.ts';
import { CommandLine } from '../parts/action.tsx';
import { hrefAt, hrefOf, nameOfEndpoint, shortId, text, timeOf } from '../parts/text.ts';
import { whatIfLine } from '../terminal-line.ts';
import { rehearsed, triedIn } from '../tried-settings.ts';

const sinces = { '3600': hourMs, '86400': dayMs, '604800': 7 * dayMs } as const;

export function WhatIfView() {
  const { options } = place.value;
  const set = triedIn(options);
  const chosen = options['since'] ?? '86400';
  const length = sinces[chosen as keyof typeof sinces];
  // Whole minutes, so that the same question is the same.
  const now = Math.floor(Date.parse(present.value?.now ?? '') / 60_000) * 60_000;
  const asked = useAsked(
    'history.whatIf',
    Object.keys(set).length === 0 ? null : { set, ...(length !== undefined && { since: now - length }) },
  );
  const { value, error, isOld } = asked.value;
  const { whatIf } = text().views;
  const since = length === undefined ? '#1' : `-${shortSpan(length).replace(' ', '')}`;
  return (
    <div class="what-if two">
      <section class="part">
        <h1 class="title">{whatIf.title}</h1>
        <p class="soft">{whatIf.intro}</p>
        <SinceChoice value={chosen} />
        <TriedSettings set={set} />
        {Object.keys(set).length > 0 && <CommandLine command={whatIfLine(set, since)} />}
      </section>
      <section class={`part${isOld ? ' is-old' : ''}`} aria-busy={isOld}>
        <h2>{whatIf.differences}</h2>
        {error !== null && <p class="not-ready">{error}</p>}
        {Object.keys(set).length === 0 && <p class="aside">{whatIf.none}</p>}
        {value && error === null && Object.keys(set).length > 0 && <Outcome told={value} />}
      </section>
    </div>
  );
}

function SinceChoice({ value }: { readonly value: string }) {
  const { whatIf } = text().views;
  return (
    <p class="filters">
      <label>
        {whatIf.since}
        <select value={value} onChange={({ currentTarget }) => look({ since: currentTarget.value })}>
          {Object.entries(whatIf.sinces).map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </p>
  );
}

/** Of those that decide something that was recorded. */
function TriedSettings({ set }: { readonly set: Readonly<Record<string, string>> }) {
  const { whatIf } = text().views;
  const known = useAsked('config.list', {}).value.value?.settings ?? {};
  const others = Object.keys(known).filter((key) => rehearsed.test(key) && !(key in set));
  return (
    <>
      <ul class="tried">
        {Object.entries(set).map(([key, value]) => (
          <li key={key}>
            <label>
              <code>{key}</code>
              <span class="soft">{known[key] ? whatIf.is(String(known[key]?.value)) : ''}</span>
              <input
                value={value}
                spellcheck={false}
                title={known[key]?.range}
                onChange={({ currentTarget }) => look({ [key]: currentTarget.value })}
              />
            </label>
            <button type="button" aria-label={`${whatIf.remove} ${key}`} onClick={() => look({ [key]: null })}>
              ×
            </button>
          </li>
        ))}
      </ul>
      <p class="filters">
        <label>
          {whatIf.add}
          <select
            value=""
            onChange={({ currentTarget }) => {
              const key = currentTarget.value;
              if (key !== '') look({ [key]: String(known[key]?.value ?? '') });
            }}
          >
            <option value="">{whatIf.choose}</option>
            {others.map((key) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </select>
        </label>
      </p>
    </>
  );
}

type Told = Answer<'history.whatIf'>;

export function Outcome({ told }: { readonly told: Told }) {
  const { views, story } = text();
  const { whatIf } = views;
  return (
    <>
      <p class="soft">{whatIf.requests(told.requests, told.from, told.to)}</p>
      <div class="outcome-parts">
        <div>
          <Measures told={told} />
          {told.failures.unknown > 0 && <p class="aside">{`${told.failures.unknown}: ${story.whatIf.guess}`}</p>}
        </div>
        <div>
          <h2>
            {whatIf.elsewhere}
            {told.elsewhere.count > 0 && ` · ${told.elsewhere.count}`}
          </h2>
          <Elsewhere told={told} />
          <h2>{whatIf.switches}</h2>
          <SwitchChanges told={told} />
        </div>
      </div>
    </>
  );
}

function Measures({ told }: { readonly told: Told }) {
  const { views, story } = text();
  const said = story.whatIf;
  const { switches, failures, attempts, outages, sessions, tierMs } = told;
  const plain = (count: number) => countText(count);
  const rows: readonly (readonly [string, number, number, (count: number) => string])[] = [
    [said.failures, failures.recorded, failures.replayed, plain],
    [said.switches, switches.recorded, switches.replayed, plain],
    [said.attempts, attempts.recorded, attempts.replayed, plain],
    [said.outages, outages.recorded, outages.replayed, plain],
    [said.moved, sessions.recorded.moved, sessions.replayed.moved, plain],
    [said.cacheLost, sessions.recorded.cacheTokensLost, sessions.replayed.cacheTokensLost, plain],
    ...(['primary', 'secondary', 'fallback', 'none'] as const)
      .filter((tier) => tierMs.recorded[tier] > 0 || tierMs.replayed[tier] > 0)
      .map(
        (tier) =>
          [said.timeIn(said.tiers[tier] ?? tier), tierMs.recorded[tier], tierMs.replayed[tier], shortSpan] as const,
      ),
  ];
  return (
    <table class="measures">
      <thead>
        <tr>
          <td />
          <th scope="col" class="right">
            {said.recorded}
          </th>
          <th scope="col" class="right">
            {said.replayed}
          </th>
          <th scope="col" class="right">
            {views.whatIf.difference}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([label, recorded, replayed, written]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td class="right">{written(recorded)}</td>
            <td class="right">{written(replayed)}</td>
            <td class={`right ${written(recorded) === written(replayed) ? 'soft' : 'is-other'}`}>
              {differenceText(recorded, replayed, written)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What is written alike is alike. */
function differenceText(recorded: number, replayed: number, written: (count: number) => string): string {
  if (written(recorded) === written(replayed)) return '=';
  return `${replayed > recorded ? '+' : '−'}${written(Math.abs(replayed - recorded))}`;
}

function Elsewhere({ told: { elsewhere } }: { readonly told: Told }) {
  const { views, story } = text();
  const { whatIf } = views;
  if (elsewhere.count === 0) return <p class="aside">{whatIf.nothingElsewhere}</p>;
  const named = (id: string | null) => (id === null ? whatIf.unanswered : nameOfEndpoint(id));
  return (
    <div class="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">{whatIf.elsewhereColumns.request}</th>
            <th scope="col">{whatIf.elsewhereColumns.recorded}</th>
            <th scope="col">{whatIf.elsewhereColumns.replayed}</th>
          </tr>
        </thead>
        <tbody>
          {elsewhere.first.map((row) => (
            <tr key={row.seq}>
              <th scope="row">
                <a href={hrefOf('request', row.request)}>{shortId(row.request)}</a>{' '}
                <span class="soft">{timeOf(row.at)}</span>
              </th>
              <td>{named(row.recorded)}</td>
              <td>{row.isKnown ? named(row.replayed) : <span class="soft">{story.whatIf.unknown}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SwitchChanges({ told: { changes } }: { readonly told: Told }) {
  const { views, story } = text();
  if (changes.length === 0) return <p class="aside">{views.whatIf.noSwitches}</p>;
  return (
    <ul class="switch-changes">
      {changes.slice(0, 40).map((one) => (
        <li key={`${one.only} ${one.at} ${one.to}`}>
          {one.seq === null ? timeOf(one.at) : <a href={hrefAt(one.seq)}>{timeOf(one.at)}</a>}{' '}
          {`${story.whatIf.kinds[one.kind]} ${one.from} → ${one.to} `}
          <span class="soft">{story.whatIf.only[one.only]}</span>
        </li>
      ))}
    </ul>
  );
}
