/** Moments of the configuration that have a name, what is different since, and the way back. Below, who changed what. */
import { useSignal } from '@preact/signals';
import type { ChangeRow } from '../../contract/config.ts';
import { useAsked } from '../live/asked.ts';
import { heard, moment } from '../live/store.ts';
import { ActionButton } from './action.tsx';
import { hrefAt, text, timeOf } from './text.ts';

export function Snapshots() {
  const { settings, action, frame } = text().views;
  const described = useSignal('');
  const compared = useSignal<string | null>(null);
  const last = heard.value.findLast(({ stream }) => stream === 'config');
  const at = moment.value;
  const asked = useAsked(
    'config.snapshots',
    at === null ? {} : { moment: { seq: at } },
    at === null ? last?.seq : null,
  );
  const rows = asked.value.value?.snapshots ?? [];
  return (
    <section class="part">
      <h2>{settings.snapshots}</h2>
      <p class="actions">
        <input
          placeholder={settings.description}
          aria-label={settings.description}
          value={described.value}
          onInput={({ currentTarget }) => {
            described.value = currentTarget.value;
          }}
        />
        <ActionButton
          action={{ operation: 'config.snapshot', params: { description: described.value } }}
          label={action.snapshot}
          onDone={() => {
            described.value = '';
          }}
        />
      </p>
      {asked.value.error !== null && <p class="not-ready">{asked.value.error}</p>}
      {asked.value.value && rows.length === 0 && <p class="aside">{frame.nothing}</p>}
      <ul class="snapshots">
        {rows.map(({ id, seq, at, description }) => (
          <li key={id}>
            <code>{id}</code>
            <a href={hrefAt(seq)}>{timeOf(at)}</a>
            <span class="sentence">{description}</span>
            <span class="actions">
              <button
                type="button"
                aria-expanded={compared.value === id}
                onClick={() => {
                  compared.value = compared.value === id ? null : id;
                }}
              >
                {settings.compare}
              </button>
              <ActionButton
                action={{ operation: 'config.rollback', params: { to: { snapshot: id } } }}
                label={action.rollback}
                asksAgain
              />
            </span>
            {compared.value === id && <Difference snapshot={id} again={last?.seq} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Difference({ snapshot, again }: { readonly snapshot: string; readonly again: unknown }) {
  const { settings } = text().views;
  const at = moment.value;
  const to = at === null ? { now: true as const } : { seq: at };
  const asked = useAsked('config.diff', { from: { snapshot }, to }, again);
  const { value, error } = asked.value;
  if (error !== null) return <p class="not-ready wide">{error}</p>;
  if (!value) return null;
  if (value.changes.length === 0) return <p class="aside wide">{settings.same}</p>;
  return (
    <ul class="wide">
      {value.changes.map((change) => (
        <li key={change.path}>
          <code>{change.path}</code> {valueText(change.from)} → {valueText(change.to)}
        </li>
      ))}
    </ul>
  );
}

function valueText(value: ChangeRow['from']): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function ConfigChanges() {
  const { settings, frame } = text().views;
  const last = heard.value.findLast(({ by }) => by !== 'traffic' && by !== 'gateway' && by !== 'timer');
  const at = moment.value;
  const asked = useAsked(
    'config.audit',
    { limit: 20, ...(at !== null && { toSeq: at + 1 }) },
    at === null ? last?.seq : null,
  );
  const rows = asked.value.value?.entries ?? [];
  return (
    <section class="part">
      <h2>{settings.audit}</h2>
      {asked.value.value && rows.length === 0 && <p class="aside">{frame.nothing}</p>}
      <ul class="snapshots">
        {rows.map(({ seq, at, action, target, details, by }) => (
          <li key={seq}>
            <a href={hrefAt(seq)}>#{seq}</a>
            <span>{timeOf(at)}</span>
            <span class="sentence">
              <code>{action}</code> {target} <span class="soft">{detailsText(details, target)}</span>
            </span>
            <span class="soft">{by}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function detailsText(details: object, target: string | null): string {
  const { from, to, ...rest } = details as { readonly from?: unknown; readonly to?: unknown };
  const moved = 'from' in details || 'to' in details ? [`${valueText(from)} → ${valueText(to)}`] : [];
  const others = Object.entries(rest).filter(([, value]) => value !== target);
  return [...others.map(([key, value]) => `${key}: ${valueText(value)}`), ...moved].join(', ');
}
