/** Usage and cost: tokens and dollars by endpoint and model, by day or by session, with the share that came from caches. */

import { dayMs } from '../../../events/units.ts';
import type { Answer } from '../../contract/operations.ts';
import { useAsked } from '../live/asked.ts';
import { place, present } from '../live/store.ts';
import { countText, dollarText, durationText, percentText } from '../number-text.ts';
import { CommandLine } from '../parts/action.tsx';
import { hrefOf, nameOfEndpoint, text, timeOf } from '../parts/text.ts';
import { tokenGroups } from '../token-groups.ts';

const spans = { '1': dayMs, '7': 7 * dayMs, '30': 30 * dayMs } as const;
const ways = ['endpoint', 'day', 'session', 'token', 'gateway'] as const;
type Way = (typeof ways)[number];
type Row = Answer<'stats.read'>['stats'][number];
type Priced = Pick<Answer<'stats.read'>, 'unpriced' | 'prices'>;

export function UsageView() {
  const { usage } = text().views;
  const { days: chosen = '7', by } = place.value.options;
  const way = ways.find((one) => one === by) ?? 'endpoint';
  const length = spans[chosen as keyof typeof spans];
  const now = Math.floor(Date.parse(present.value?.now ?? '') / 60_000) * 60_000;
  const since = length === undefined ? {} : { since: now - length };
  return (
    <div class="usage">
      <header class="heading">
        <h1>{usage.title}</h1>
        <nav class="ranges" aria-label={usage.span}>
          {Object.entries(usage.spans).map(([key, label]) => (
            <Choice key={key} options={{ days: key, by: way }} isChosen={key === chosen} label={label} />
          ))}
        </nav>
        <nav class="ranges" aria-label={usage.by}>
          {ways.map((one) => (
            <Choice key={one} options={{ days: chosen, by: one }} isChosen={one === way} label={usage.ways[one]} />
          ))}
        </nav>
        <CommandLine command={usageLine(way, length === undefined ? null : chosen)} />
      </header>
      {way === 'endpoint' && <ByEndpoint since={since} />}
      {way === 'token' && <ByToken since={since} />}
      {way === 'gateway' && <ByGateway since={since} />}
      {(way === 'day' || way === 'session') && <ByGroup key={way} by={way} since={since} />}
    </div>
  );
}

interface ChoiceProps {
  readonly options: Readonly<Record<string, string>>;
  readonly isChosen: boolean;
  readonly label: string;
}

function Choice({ options, isChosen, label }: ChoiceProps) {
  return (
    <a href={hrefOf('usage', null, options)} aria-current={isChosen ? 'true' : undefined}>
      {label}
    </a>
  );
}

function usageLine(way: Way, days: string | null): string {
  return `qcc proxy stats${days === null ? '' : ` --since -${days}d`}${way === 'endpoint' ? '' : ` --by ${way}`}`;
}

interface Since {
  readonly since: { readonly since?: number };
}

function ByEndpoint({ since }: Since) {
  const { usage } = text().views;
  const { value, error } = useAsked('stats.read', since).value;
  const stats = value?.stats ?? [];
  const byEndpoint = grouped(stats, ({ endpoint }) => ({
    name: nameOfEndpoint(endpoint),
    href: hrefOf('endpoint', endpoint),
  }));
  const byModel = grouped(stats, ({ model }) => ({
    name: model ?? '–',
    href: model === null ? null : hrefOf('requests', null, { model }),
  }));
  return (
    <Told error={error} told={value} isEmpty={stats.length === 0}>
      <Table title={usage.byEndpoint} first={text().plain.endpoint} groups={byEndpoint} hasTimes />
      <Table title={usage.byModel} first={usage.model} groups={byModel} />
    </Told>
  );
}

function ByGroup({ by, since }: Since & { readonly by: 'day' | 'session' }) {
  const { usage } = text().views;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { value, error } = useAsked('stats.usage', { by, ...since, zone }).value;
  const groups = (value?.groups ?? []).map(({ name, totalUsd, firstAt, lastAt, ...rest }): Group => {
    const [from, to] = [String(Date.parse(firstAt)), String(Date.parse(lastAt) + 1)];
    const ofDay = hrefOf('timeline', null, { from, to });
    const ofSession = name === null ? null : hrefOf('requests', null, { session: name });
    const last = by === 'session' ? timeOf(lastAt) : null;
    return { ...rest, name: name ?? usage.noSession, href: by === 'day' ? ofDay : ofSession, dollars: totalUsd, last };
  });
  return (
    <Told error={error} told={value} isEmpty={groups.length === 0}>
      <Table title={usage.ways[by]} first={usage[by]} groups={groups} />
      {value && value.leftOut > 0 && <p class="aside">{usage.leftOut(value.leftOut)}</p>}
    </Told>
  );
}

function ByToken({ since }: Since) {
  const { views, code } = text();
  const { usage } = views;
  const { value, error } = useAsked('stats.tokens', since).value;
  const groups = tokenGroups(value?.tokens ?? [], usage.noToken, (state) => code('states', state));
  const unpriced = [...new Set(value?.tokens.flatMap((row) => row.unpriced))];
  return (
    <>
      {error !== null && <p class="not-ready">{error}</p>}
      {value && groups.length === 0 && <p class="aside">{usage.noTokens}</p>}
      {groups.length > 0 && (
        <>
          <Table title={usage.ways.token} first={usage.token} groups={groups} />
          {value?.prices && <p class="aside">{usage.prices(value.prices)}</p>}
        </>
      )}
      {unpriced.length > 0 && <p class="aside">{usage.unpriced(unpriced.join(', '))}</p>}
    </>
  );
}

/** What others have used is what they last told: it says when. */
function ByGateway({ since }: Since) {
  const { usage } = text().views;
  const { usage: words } = text().views.fleet;
  const { value, error } = useAsked('stats.gateways', since).value;
  const groups = (value?.gateways ?? []).map(({ name, isThis, totalUsd, asOf, ...rest }): Group => {
    const of = isThis ? `${name} (${words.this})` : name;
    return { ...rest, name: of, href: null, dollars: totalUsd, last: timeOf(asOf) };
  });
  const others = value?.gateways.filter(({ isThis }) => !isThis) ?? [];
  const rounded = others.find((row) => row.since !== null && row.since !== value?.since);
  return (
    <Told error={error} told={value} isEmpty={false}>
      <Table title={usage.ways.gateway} first={words.gateway} groups={groups} lastTitle={words.asOf} />
      {value && <p class="aside">{words.states[value.fleet]}</p>}
      {rounded?.since && <p class="aside">{words.rounded(timeOf(rounded.since))}</p>}
      {others.map(
        (row) =>
          row.unpriced > 0 && (
            <p key={row.name} class="aside">
              {words.unpriced(row.name, row.unpriced)}
            </p>
          ),
      )}
    </Told>
  );
}

interface ToldProps {
  readonly error: string | null;
  readonly told: Priced | null;
  readonly isEmpty: boolean;
  readonly children: preact.ComponentChildren;
}

/** What was used, and by which prices; or why nothing stands here. */
function Told({ error, told, isEmpty, children }: ToldProps) {
  const { usage } = text().views;
  return (
    <>
      {error !== null && <p class="not-ready">{error}</p>}
      {told && isEmpty && <p class="aside">{usage.none}</p>}
      {told && !isEmpty && (
        <>
          {children}
          <p class="aside">{told.prices ? usage.prices(told.prices) : usage.noPrices}</p>
          {told.unpriced.length > 0 && <p class="aside">{usage.unpriced(told.unpriced.join(', '))}</p>}
        </>
      )}
    </>
  );
}

interface Named {
  readonly name: string;
  /** What it is made of; null: nothing has this name. */
  readonly href: string | null;
}

interface Group extends Named {
  readonly requests: number;
  readonly failures: number;
  readonly attempts: number;
  readonly tokens: Row['tokens'];
  /** Null: nothing of it has a price. */
  readonly dollars: number | null;
  readonly ttftMs?: number | null;
  /** When it was last seen; null: its name says so. */
  readonly last?: string | null;
  /** Behind its name. */
  readonly note?: string | null;
}

function grouped(rows: readonly Row[], nameOf: (row: Row) => Named): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const { name, href } = nameOf(row);
    const before = groups.get(name);
    const { tokens } = row;
    const dollars = row.cost === null ? null : row.cost.totalUsd;
    groups.set(name, {
      name,
      href,
      requests: (before?.requests ?? 0) + row.requests,
      failures: (before?.failures ?? 0) + row.failures,
      attempts: (before?.attempts ?? 0) + row.attempts,
      tokens: {
        input: (before?.tokens.input ?? 0) + tokens.input,
        output: (before?.tokens.output ?? 0) + tokens.output,
        cacheRead: (before?.tokens.cacheRead ?? 0) + tokens.cacheRead,
        cacheWrite: (before?.tokens.cacheWrite ?? 0) + tokens.cacheWrite,
      },
      dollars: dollars === null ? (before?.dollars ?? null) : (before?.dollars ?? 0) + dollars,
      ttftMs: row.ttftMs.p50 ?? before?.ttftMs ?? null,
    });
  }
  return [...groups.values()].sort((a, b) => totalOf(b) - totalOf(a));
}

const totalOf = ({ tokens: { input, output, cacheRead, cacheWrite } }: Group) =>
  input + output + cacheRead + cacheWrite;

interface TableProps {
  readonly title: string;
  readonly first: string;
  readonly groups: readonly Group[];
  readonly hasTimes?: boolean;
  readonly lastTitle?: string;
}

function Table({ title, first, groups, hasTimes = false, lastTitle }: TableProps) {
  const { usage, frame, requests } = text().views;
  const hasLast = groups.some(({ last }) => last);
  const most = Math.max(1, ...groups.map(totalOf));
  return (
    <section class="part">
      <h2>{title}</h2>
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">{first}</th>
              {hasLast && <th scope="col">{lastTitle ?? usage.last}</th>}
              <th scope="col" class="right">
                {requests.title}
              </th>
              <th scope="col" class="right">
                {usage.failed}
              </th>
              <th scope="col" class="right">
                {usage.input}
              </th>
              <th scope="col" class="right">
                {usage.output}
              </th>
              <th scope="col" class="right">
                {usage.cacheRead}
              </th>
              <th scope="col" class="right">
                {usage.cacheWrite}
              </th>
              <th scope="col" class="right">
                {usage.hits}
              </th>
              {hasTimes && (
                <th scope="col" class="right">
                  {requests.columns.content}
                </th>
              )}
              <th scope="col" class="right">
                {usage.cost}
              </th>
              <th scope="col">{usage.share}</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.name}>
                <th scope="row">
                  {group.href === null ? group.name : <a href={group.href}>{group.name}</a>}
                  {group.note && <span class="soft"> {group.note}</span>}
                </th>
                {hasLast && <td>{group.last}</td>}
                <td class="right">{countText(group.requests)}</td>
                <td class="right">{group.failures === 0 ? frame.noValue : countText(group.failures)}</td>
                <td class="right">{countText(group.tokens.input)}</td>
                <td class="right">{countText(group.tokens.output)}</td>
                <td class="right">{countText(group.tokens.cacheRead)}</td>
                <td class="right">{countText(group.tokens.cacheWrite)}</td>
                <td class="right">{hitsText(group)}</td>
                {hasTimes && <td class="right">{group.ttftMs == null ? frame.noValue : durationText(group.ttftMs)}</td>}
                <td class="right">{group.dollars === null ? frame.noValue : dollarText(group.dollars)}</td>
                <td class="share">
                  <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect width={(totalOf(group) / most) * 100} height="10" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Of what was read, the share that a cache held. */
function hitsText({ tokens: { input, cacheRead, cacheWrite } }: Group): string {
  const read = input + cacheRead + cacheWrite;
  return read === 0 || cacheRead === 0 ? text().views.frame.noValue : percentText(cacheRead / read);
}
