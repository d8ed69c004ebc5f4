/** The queue: requests that no endpoint could answer, how each stands, and what it waits for. */
import type { QueueItemRow } from '../../contract/queue.ts';
import { shortSpan } from '../../platform/time.ts';
import { useAsked } from '../live/asked.ts';
import { clock, heard, moment, shown } from '../live/store.ts';
import { bytesText } from '../number-text.ts';
import { ActionButton } from '../parts/action.tsx';
import { hrefOf, nameOfEndpoint, shortId, spanTo, text } from '../parts/text.ts';

const rowsMax = 200;
const states = ['waiting', 'retrying', 'answered', 'dead', 'unknown', 'cancelled'] as const;
const open: ReadonlySet<string> = new Set(['waiting', 'dead', 'unknown']);

export function QueueView() {
  const { queue } = text().views;
  const last = heard.value.findLast(({ stream }) => stream.startsWith('queue/'));
  const at = moment.value;
  const asked = useAsked(
    'queue.list',
    { limit: rowsMax, ...(at !== null && { moment: { seq: at } }) },
    at === null ? last?.seq : null,
  );
  const { value, error } = asked.value;
  const items = value?.items ?? [];
  const counts = shown.value?.queue;
  return (
    <div class="queue">
      <header class="heading">
        <h1>{queue.title}</h1>
        <Counts />
        <span class="actions">
          <ActionButton
            action={{ operation: 'queue.retryAll', params: {} }}
            label={text().views.action.retryAll}
            isIdle={!counts || counts.waiting + counts.dead + counts.unknown === 0}
          />
          <ActionButton
            action={{ operation: 'queue.clear', params: { state: 'dead' } }}
            label={text().views.action.dropDead}
            asksAgain
            isIdle={!counts || counts.dead === 0}
          />
        </span>
      </header>
      {error !== null && <p class="not-ready">{error}</p>}
      {value && items.length === 0 && <p class="aside">{at === null ? queue.empty : queue.wasEmpty}</p>}
      {items.length > 0 && <Items items={items} />}
    </div>
  );
}

function Counts() {
  const { views, code } = text();
  const counts = shown.value?.queue;
  if (!counts) return null;
  return (
    <span class="soft">
      {states.map((state) => `${code('states', state)} ${counts[state]}`).join(' · ')}
      {` · ${bytesText(counts.bytes)}`}
      {!counts.enabled && ` · ${views.queue.off}`}
    </span>
  );
}

function Items({ items }: { readonly items: readonly QueueItemRow[] }) {
  const { columns } = text().views.queue;
  return (
    <div class="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">{columns.item}</th>
            <th scope="col">{columns.state}</th>
            <th scope="col">{columns.why}</th>
            <th scope="col" class="right">
              {columns.age}
            </th>
            <th scope="col" class="right">
              {columns.tries}
            </th>
            <th scope="col" class="right">
              {columns.next}
            </th>
            <th scope="col">{columns.endpoint}</th>
            <th scope="col">{columns.model}</th>
            <th scope="col" class="right">
              {columns.size}
            </th>
            <th scope="col">
              <span class="unseen">{columns.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Item key={item.id} item={item} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Item({ item }: { readonly item: QueueItemRow }) {
  const { views, code, reason } = text();
  const { frame, action } = views;
  const due = item.nextRetryAt === null ? null : Date.parse(item.nextRetryAt) - clock.value;
  return (
    <tr>
      <th scope="row">
        <a href={hrefOf('request', item.requestId)}>{shortId(item.requestId)}</a>
      </th>
      <td>{code('states', item.state)}</td>
      <td>{reason(item.reason)}</td>
      <td class="right">{spanTo(item.enqueuedAt)}</td>
      <td class="right">{`${item.attempts}/${item.maxAttempts}`}</td>
      <td class="right">{due === null || due <= 0 ? frame.noValue : shortSpan(due)}</td>
      <td>{item.endpoint === null ? frame.noValue : nameOfEndpoint(item.endpoint)}</td>
      <td class="clipped">{item.model ?? frame.noValue}</td>
      <td class="right">{bytesText(item.bytes)}</td>
      <td class="actions">
        {open.has(item.state) && (
          <ActionButton action={{ operation: 'queue.retry', params: { id: item.id } }} label={action.retry} />
        )}
        <ActionButton action={{ operation: 'queue.drop', params: { id: item.id } }} label={action.drop} asksAgain />
      </td>
    </tr>
  );
}
