/** The bands and marks as tables, for those who do not see them. */
import { useSignal } from '@preact/signals';
import type { Bands } from '../../contract/dashboard.ts';
import { markText } from './bands-picture.tsx';
import { becauseText, hrefAt, text, timeOf } from './text.ts';

const rowsMax = 200;

/** Some hundred rows: they are made when one opens them. */
export function BandsTable({ bands }: { readonly bands: Bands }) {
  const isOpen = useSignal(false);
  const { frame } = text().views;
  return (
    <details
      onToggle={({ currentTarget: { open } }) => {
        isOpen.value = open;
      }}
    >
      <summary>{frame.asTable}</summary>
      {isOpen.value && <Tables bands={bands} />}
    </details>
  );
}

function Tables({ bands }: { readonly bands: Bands }) {
  const { views, code } = text();
  const { timeline } = views;
  const spans = bands.endpoints
    .flatMap(({ name, spans: all }) => all.map((span) => ({ ...span, name })))
    .sort((a, b) => b.from.localeCompare(a.from))
    .slice(0, rowsMax);
  return (
    <>
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">{timeline.span}</th>
              <th scope="col">{timeline.name}</th>
              <th scope="col">{timeline.state}</th>
            </tr>
          </thead>
          <tbody>
            {spans.map(({ name, from, to, state, because, seq }) => (
              <tr key={`${name} ${from}`}>
                <td>
                  {seq === null ? timeOf(from) : <a href={hrefAt(seq)}>{timeOf(from)}</a>} – {timeOf(to)}
                </td>
                <td>{name}</td>
                <td>
                  {code('states', state)} <span class="soft">{becauseText(because)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul class="mark-list">
        {bands.marks.slice(-rowsMax).map((mark) => (
          <li key={mark.seq}>
            <a href={hrefAt(mark.seq)}>#{mark.seq}</a> {timeOf(mark.at)} {markText(mark)}
          </li>
        ))}
      </ul>
      {bands.marksLeftOut > 0 && <p class="aside">{timeline.leftOut(bands.marksLeftOut)}</p>}
    </>
  );
}
