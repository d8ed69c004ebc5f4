/** Usage and cost: tokens and dollars by endpoint and model, with the share that came from caches. */

import { dayMs } from '../../../events/units.ts';
import type { Answer } from '../../contract/operations.ts';
import { useAsked } from '../live/asked.ts';
import { place, present } from '../live/store.ts';
import { countText, dollarText, durationText, percentText } from '../number-text.ts';
import { CommandLine } from '../parts/action.tsx';
import { hrefOf, nameOfEndpoint, text } from '../parts/text.ts';

const spans = { '1': dayMs, '7': 7 * dayMs, '30': 30 * dayMs } as const;
type Row = Answer<'stats.read'>['stats'][number];

export function UsageView() {
  const { usage, frame } = text().views;
  const chosen = place.value.options['days'] ?? '7';
  const length = spans[chosen as keyof typeof spans];
  const now = Math.floor(Date.parse(present.value?.now ?? '') / 60_000) * 60_000;
  const asked = useAsked('stats.read', length === undefined ? {} : { since: now - length });
  const { value, error } = asked.value;
  return (
    <div class="usage">
      <header class="heading">
        <h1>{usage.title}</h1>
        <nav class="ranges" aria-label={usage.span}>
          {Object.entries(usage.spans).map(([key, label]) => (
            <a key={key} href={hrefOf('usage', null, { days: key })} aria-current={key === chosen ? 'true' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <CommandLine command={length === undefined ? 'qcc proxy stats' : `qcc proxy stats --since -${chosen}d`} />
      </header>
      {error !== null && <p class="not-ready">{error}</p>}
      {value && value.stats.length === 0 && <p class="aside">{frame.nothing}</p>}
      {value && value.stats.length > 0 && <Stats told={value} />}
    </div>
  );
}

function Stats({ told: { stats, unpriced } }: { readonly told: Answer<'stats.read'> }) {
  const { usage } = text().views;
  const byEndpoint = grouped(stats, ({ endpoint }) => ({
    name: nameOfEndpoint(endpoint),
    href: hrefOf('endpoint', endpoint),
  }));
  const byModel = grouped(stats, ({ model }) => ({
    name: model ?? '–',
    href: model === null ? null : hrefOf('requests', null, { model }),
  }));
  return (
    <>
      <Table title={usage.byEndpoint} first={text().plain.endpoint} groups={byEndpoint} hasTimes={stats} />
      <Table title={usage.byModel} first={usage.model} groups={byModel} hasTimes={null} />
      <p class="aside">{usage.prices}</p>
      {unpriced.length > 0 && <p class="aside">{usage.unpriced(unpriced.join(', '))}</p>}
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
  readonly ttftMs: number | null;
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
  readonly hasTimes: readonly Row[] | null;
}

function Table({ title, first, groups, hasTimes }: TableProps) {
  const { usage, frame, requests } = text().views;
  const most = Math.max(1, ...groups.map(totalOf));
  return (
    <section class="part">
      <h2>{title}</h2>
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">{first}</th>
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
              <th scope="col">
                <span class="unseen">{usage.share}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.name}>
                <th scope="row">{group.href === null ? group.name : <a href={group.href}>{group.name}</a>}</th>
                <td class="right">{countText(group.requests)}</td>
                <td class="right">{group.failures === 0 ? frame.noValue : countText(group.failures)}</td>
                <td class="right">{countText(group.tokens.input)}</td>
                <td class="right">{countText(group.tokens.output)}</td>
                <td class="right">{countText(group.tokens.cacheRead)}</td>
                <td class="right">{countText(group.tokens.cacheWrite)}</td>
                <td class="right">{hitsText(group)}</td>
                {hasTimes && (
                  <td class="right">{group.ttftMs === null ? frame.noValue : durationText(group.ttftMs)}</td>
                )}
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
