/** Two moments side by side: what is different, and the facts that made it so. */

import { isReason } from '../../../events/reason.ts';
import type { ChangeRow } from '../../contract/history.ts';
import { useAsked } from '../live/asked.ts';
import { look, moment, place, present } from '../live/store.ts';
import { hrefAt, nameOfEndpoint, streamText, text, timeOf } from './text.ts';

export function Comparison() {
  const { timeline } = text().views;
  const here = moment.value ?? present.value?.seq ?? 0;
  const given = place.value.options['with'] ?? '';
  const other = /^\d+$/.test(given) ? Number(given) : null;
  const isSame = other === here;
  const [from, to] = other === null ? [here, here] : [Math.min(other, here), Math.max(other, here)];
  const asked = useAsked('history.diff', other === null || isSame ? null : { from: { seq: from }, to: { seq: to } });
  const { value, error } = asked.value;
  return (
    <section class="part">
      <h2>{other === null || isSame ? timeline.compare : timeline.compared(from, to)}</h2>
      <p class="actions">
        <button type="button" disabled={isSame} onClick={() => look({ with: String(here) })}>
          {timeline.remember}
        </button>
        {other !== null && (
          <button type="button" onClick={() => look({ with: null })}>
            {timeline.forget}
          </button>
        )}
      </p>
      {other !== null && isSame && <p class="aside">{timeline.chooseOther(other)}</p>}
      {error !== null && <p class="not-ready">{error}</p>}
      {other !== null && !isSame && value && <Changes changes={value.changes} />}
    </section>
  );
}

function Changes({ changes }: { readonly changes: readonly ChangeRow[] }) {
  const { timeline } = text().views;
  if (changes.length === 0) return <p class="aside">{timeline.same}</p>;
  return (
    <div class="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">{timeline.what}</th>
            <th scope="col">{timeline.before}</th>
            <th scope="col">{timeline.after}</th>
            <th scope="col">{timeline.because}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ stream, path, from, to, facts }) => (
            <tr key={`${stream} ${path}`}>
              <th scope="row">
                {named(stream)} <code>{path}</code>
              </th>
              <td>{valueText(from, path)}</td>
              <td>{valueText(to, path)}</td>
              <td class="numbers-in-line">
                {facts.slice(-6).map((seq) => (
                  <a key={seq} href={hrefAt(seq)}>
                    #{seq}
                  </a>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function named(stream: string): string {
  return stream.startsWith('endpoint/') ? nameOfEndpoint(stream.slice('endpoint/'.length)) : streamText(stream);
}

// Of this size only instants are.
const instantMin = 1_000_000_000_000;

function valueText(value: unknown, path = ''): string {
  if (value === null) return '–';
  if (path === 'state') return text().code('states', String(value));
  if (isReason(value)) return text().reason(value);
  if (typeof value === 'number' && value > instantMin) return timeOf(value);
  if (typeof value === 'string' && /^\[[\d,]*\]$/.test(value)) return valueText(JSON.parse(value));
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map((one) => valueText(one)).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
