/** Requests as a table, newest first. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RequestRow } from '../../contract/dashboard.ts';
import { askAhead, askNow, goAhead } from '../live/ahead.ts';
import { whenPainted } from '../live/painted.ts';
import { countText, durationText } from '../number-text.ts';
import { becauseText, hrefOf, nameOfEndpoint, shortId, text, timeOf } from './text.ts';

interface RequestTableProps {
  readonly rows: readonly RequestRow[];
  readonly chosen: ReadonlySet<number>;
  readonly toggle: (seq: number) => void;
}

// With what stands above the table, so many fill the screen: the others are drawn after these were seen.
const rowLeastPx = 27;
const firstRows = () => Math.ceil(innerHeight / rowLeastPx);

export function RequestTable({ rows, chosen, toggle }: RequestTableProps) {
  const isSeen = useSignal(false);
  useEffect(
    () =>
      whenPainted(() => {
        isSeen.value = true;
      }),
    [],
  );
  const { columns } = text().views.requests;
  return (
    <div class="scrolls">
      <table class="request-table">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">{columns.chosen}</span>
            </th>
            <th scope="col">{columns.time}</th>
            <th scope="col">{columns.request}</th>
            <th scope="col">{columns.outcome}</th>
            <th scope="col">{columns.endpoint}</th>
            <th scope="col">{columns.model}</th>
            <th scope="col">{columns.session}</th>
            <th scope="col" class="right">
              {columns.content}
            </th>
            <th scope="col" class="right">
              {columns.took}
            </th>
            <th scope="col" class="right">
              {columns.tokens}
            </th>
          </tr>
        </thead>
        <tbody>
          {(isSeen.value ? rows : rows.slice(0, firstRows())).map((row) => rowOf(row, chosen.has(row.seq), toggle))}
        </tbody>
      </table>
    </div>
  );
}

/** No component of its own: of a hundred of them, each with what it listens to, a view is left late. */
function rowOf(row: RequestRow, isChosen: boolean, toggle: RequestTableProps['toggle']) {
  const { frame, requests } = text().views;
  const { seq, request, endpoint, usage, ttftMs, session, model } = row;
  const about = { about: request };
  return (
    <tr key={row.seq} class={isChosen ? 'is-here' : ''}>
      <td>
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={`${requests.columns.chosen} ${shortId(request)}`}
          onChange={() => toggle(seq)}
        />
      </td>
      <td>{timeOf(row.startedAt)}</td>
      <th scope="row">
        <a
          href={hrefOf('request', request)}
          onPointerEnter={() => askAhead('history.explain', about)}
          onFocus={() => askAhead('history.explain', about)}
          onPointerDown={() => askNow('history.explain', about)}
          onClick={(event) => goAhead(event, 'history.explain', about)}
        >
          {shortId(request)}
        </a>
      </th>
      <td>{outcomeOf(row)}</td>
      <td>
        {endpoint === null ? frame.noValue : <a href={hrefOf('endpoint', endpoint)}>{nameOfEndpoint(endpoint)}</a>}
      </td>
      <td class="clipped">{model ?? frame.noValue}</td>
      <td class="clipped soft">{session?.slice(0, 18) ?? frame.noValue}</td>
      <td class="right">{ttftMs === null ? frame.noValue : durationText(ttftMs)}</td>
      <td class="right">{durationText(row.durationMs)}</td>
      <td class="right">
        {usage ? `${countText(usage.input ?? 0)} → ${countText(usage.output ?? 0)}` : frame.noValue}
      </td>
    </tr>
  );
}

function outcomeOf({ outcome, status, failures, attempts }: RequestRow) {
  const { requests } = text().views;
  const isMoved = outcome === 'answered' && failures.length > 0;
  return (
    <span class={`outcome o-${isMoved ? 'moved' : outcome}`}>
      {`${status} ${isMoved ? requests.moved : requests.outcomes[outcome]}`}
      {failures.length > 0 && (
        <span class="soft">{` ${[...new Set(failures)].map(becauseText).join(', ')}${attempts > 1 ? ` · ${requests.tried(attempts)}` : ''}`}</span>
      )}
    </span>
  );
}
