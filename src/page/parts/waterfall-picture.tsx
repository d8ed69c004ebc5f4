/** A waterfall: a line for the wait, and one for each attempt. The same as a table for those who do not see it. */
import { durationText } from '../number-text.ts';
import type { Waterfall, WaterfallRow } from '../waterfall.ts';
import { becauseText, hrefOf, nameOfEndpoint, ruleText, text } from './text.ts';

const width = 1000;
const height = 16;
// What took no time is seen all the same.
const narrowest = 3;

export function WaterfallPicture({ waterfall }: { readonly waterfall: Waterfall }) {
  const { request } = text().views;
  const { durationMs, waitedMs, rows } = waterfall;
  return (
    <>
      <div class="waterfall">
        {waitedMs > 0 && (
          <div class="line">
            <span class="soft">{request.waited}</span>
            <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
              <rect
                class="waiting"
                x="0"
                y="5"
                width={Math.max(narrowest, (waitedMs / durationMs) * width)}
                height="6"
              />
            </svg>
            <span class="right">{durationText(waitedMs)}</span>
          </div>
        )}
        {rows.map((row, place) => (
          <Line key={`${place} ${row.endpoint}`} row={row} durationMs={durationMs} />
        ))}
        {rows.length === 0 && <p class="aside">{request.noAttempt}</p>}
        <Scale durationMs={durationMs} />
        <Legend />
      </div>
      <AsTable rows={rows} />
    </>
  );
}

function Line({ row, durationMs }: { readonly row: WaterfallRow; readonly durationMs: number }) {
  const x = (ms: number) => (ms / durationMs) * width;
  const parts = partsOf(row);
  const isWell = row.outcome === 'answered';
  return (
    <div class={`line${isWell ? '' : ' is-bad'}`}>
      <a href={hrefOf('endpoint', row.endpoint)}>{row.name ?? nameOfEndpoint(row.endpoint)}</a>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ kind, from, to }) => (
          <rect key={kind} class={kind} x={x(from)} y="2" width={Math.max(narrowest, x(to - from))} height="12" />
        ))}
      </svg>
      <span class="right">{durationText(row.to - row.from)}</span>
      <span class="told">
        {isWell ? ruleText(row.because) : `${becauseText(row.outcome)}${row.status === null ? '' : ` (${row.status})`}`}
      </span>
    </div>
  );
}

function partsOf({ from, head, content, to, outcome }: WaterfallRow) {
  const marks = [from, head, content ?? head, to].flatMap((at) => (at === null ? [] : [Math.min(at, to)]));
  if (head === null) return [{ kind: outcome === 'answered' ? 'head' : 'none', from, to }];
  const [a = from, b = to, c = b, d = to] = marks;
  return [
    { kind: 'head', from: a, to: b },
    { kind: 'content', from: b, to: c },
    { kind: 'rest', from: c, to: d },
  ].filter((part) => part.to > part.from || part.kind === 'rest');
}

function Scale({ durationMs }: { readonly durationMs: number }) {
  return (
    <div class="line scale">
      <span />
      <span class="ticks">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{durationText(durationMs * share)}</span>
        ))}
      </span>
    </div>
  );
}

function Legend() {
  const { request } = text().views;
  return (
    <p class="legend soft">
      <span class="head">{request.head}</span>
      <span class="content">{request.content}</span>
      <span class="rest">{request.rest}</span>
    </p>
  );
}

function AsTable({ rows }: { readonly rows: readonly WaterfallRow[] }) {
  const { request, frame } = text().views;
  const time = (ms: number | null) => (ms === null ? frame.noValue : durationText(ms));
  return (
    <details>
      <summary>{frame.asTable}</summary>
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">{request.attempt}</th>
              <th scope="col">{request.why}</th>
              <th scope="col">{request.outcome}</th>
              <th scope="col" class="right">
                {request.begins}
              </th>
              <th scope="col" class="right">
                {request.head}
              </th>
              <th scope="col" class="right">
                {request.content}
              </th>
              <th scope="col" class="right">
                {request.ends}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <tr key={`${place} ${row.endpoint}`}>
                <th scope="row">{row.name ?? nameOfEndpoint(row.endpoint)}</th>
                <td>{ruleText(row.because)}</td>
                <td>{becauseText(row.outcome)}</td>
                <td class="right">{time(row.from)}</td>
                <td class="right">{time(row.head)}</td>
                <td class="right">{time(row.content)}</td>
                <td class="right">{time(row.to)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
