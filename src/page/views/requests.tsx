/** Requests: a live list with filters. Of chosen ones it tells what they have in common that the others have not. */
import { useSignal } from '@preact/signals';
import { kindOf } from '../../../events/ids.ts';
import type { RequestRow } from '../../contract/dashboard.ts';
import { commonTraits, wentWrong } from '../common-traits.ts';
import { useAsked } from '../live/asked.ts';
import { ask, heard, moment, place, sentenceOf } from '../live/store.ts';
import { percentText } from '../number-text.ts';
import { CommandLine } from '../parts/action.tsx';
import { RequestFiltersForm } from '../parts/request-filters.tsx';
import { RequestTable } from '../parts/request-table.tsx';
import { RunningList } from '../parts/running-list.tsx';
import { say } from '../parts/saying.ts';
import { becauseText, nameOfEndpoint, text } from '../parts/text.ts';
import { fragmentOf, withOptions } from '../place.ts';
import { filtersIn } from '../request-filters.ts';
import { keeps, requestRow } from '../request-row.ts';

const shownMax = 1_000;

export function RequestsView() {
  const filters = filtersIn(place.value.options);
  const at = moment.value;
  const question = { ...filters, ...(at !== null && { before: at + 1 }) };
  const asked = useAsked('dashboard.requests', question);
  const older = useSignal<{
    readonly key: string;
    readonly rows: readonly RequestRow[];
    readonly next: number | null;
  } | null>(null);
  const chosen = useSignal<ReadonlySet<number>>(new Set());
  const key = JSON.stringify(question);
  const more = older.value?.key === key ? older.value : null;
  const first = asked.value.value;
  const rows = [
    ...(at === null ? liveRows(first?.rows[0]?.seq ?? 0, filters) : []),
    ...(first?.rows ?? []),
    ...(more?.rows ?? []),
  ].slice(0, shownMax);
  const next = more ? more.next : (first?.next ?? null);
  const fetchOlder = async () => {
    if (next === null) return;
    try {
      const page = await ask('dashboard.requests', { ...question, before: next });
      older.value = { key, rows: [...(more?.rows ?? []), ...page.rows], next: page.next };
    } catch (error) {
      say(await sentenceOf(error), 'bad');
    }
  };
  const { requests, frame } = text().views;
  return (
    <div class="requests">
      <h1 class="unseen">{requests.title}</h1>
      {at === null && <RunningList />}
      <RequestFiltersForm rows={rows} />
      {asked.value.error !== null && <p class="not-ready">{asked.value.error}</p>}
      <Chooser
        rows={rows}
        chosen={chosen.value}
        choose={(seqs) => {
          chosen.value = seqs;
        }}
      />
      {first && rows.length === 0 ? (
        <Nothing isFiltered={Object.keys(filters).length > 0} />
      ) : (
        <RequestTable
          rows={rows}
          chosen={chosen.value}
          toggle={(seq) => {
            const set = new Set(chosen.value);
            if (!set.delete(seq)) set.add(seq);
            chosen.value = set;
          }}
        />
      )}
      {next !== null && rows.length < shownMax && (
        <button type="button" class="older" onClick={() => void fetchOlder()}>
          {frame.more}
        </button>
      )}
    </div>
  );
}

/** Of the facts that were heard since; newest first. */
function liveRows(after: number, filters: ReturnType<typeof filtersIn>): readonly RequestRow[] {
  return heard.value
    .filter(({ seq, stream }) => seq > after && kindOf(stream) === 'request')
    .flatMap((fact) => {
      const row = requestRow({ ...fact, at: Date.parse(fact.at) });
      return keeps(row, fact, filters) ? [row] : [];
    })
    .reverse();
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  const { requests } = text().views;
  if (isFiltered) return <p class="aside">{requests.noneMatch}</p>;
  return (
    <p class="aside">
      {requests.none} <CommandLine command="qcc code" />
    </p>
  );
}

interface ChooserProps {
  readonly rows: readonly RequestRow[];
  readonly chosen: ReadonlySet<number>;
  readonly choose: (seqs: ReadonlySet<number>) => void;
}

function Chooser({ rows, chosen, choose }: ChooserProps) {
  const { requests } = text().views;
  const some = rows.filter(({ seq }) => chosen.has(seq));
  const others = rows.filter(({ seq }) => !chosen.has(seq));
  const bad = rows.filter(wentWrong);
  const traits = commonTraits(some, others);
  return (
    <div class="chooser">
      <button type="button" disabled={bad.length === 0} onClick={() => choose(new Set(bad.map(({ seq }) => seq)))}>
        {requests.chooseBad}
      </button>
      {some.length > 0 && (
        <section class="common" aria-label={requests.common}>
          <p>
            <strong>{requests.common}</strong> <span class="soft">{requests.commonOf(some.length, others.length)}</span>{' '}
            <button type="button" onClick={() => choose(new Set())}>
              {requests.chooseNone}
            </button>
          </p>
          {traits.length === 0 ? (
            <p class="aside">{requests.nothingCommon}</p>
          ) : (
            <ul>
              {traits.map(({ field, value, chosen: share, others: rest }) => (
                <li key={`${field} ${value}`}>
                  <span class="soft">{requests.fields[field]}</span> <TraitValue field={field} value={value} />
                  <ShareBars share={share} rest={rest} />
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
    </div>
  );
}

/** A trait that is a filter too narrows the list to it. */
function TraitValue({ field, value }: { readonly field: string; readonly value: string }) {
  const said = valueText(field, value);
  if (!['endpoint', 'profile', 'model', 'session'].includes(field)) return <span>{said}</span>;
  return <a href={fragmentOf(withOptions(place.value, { [field]: value }))}>{said}</a>;
}

function valueText(field: string, value: string): string {
  if (field === 'endpoint') return nameOfEndpoint(value);
  return field === 'failure' ? becauseText(value) : value;
}

function ShareBars({ share, rest }: { readonly share: number; readonly rest: number }) {
  const { requests } = text().views;
  return (
    <span class="shares">
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="chosen" y="0" width={100 * share} height="4.4" />
        <rect class="rest" y="5.6" width={100 * rest} height="4.4" />
      </svg>
      <span>{`${percentText(share)} ${requests.ofChosen}, ${percentText(rest)} ${requests.ofOthers}`}</span>
    </span>
  );
}
