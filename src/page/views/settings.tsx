/** Settings: each with its range, default and origin; a change can be tried on the past before it is saved. Snapshots, and the way back. */
import { useSignal } from '@preact/signals';
import type { Answer } from '../../contract/operations.ts';
import { useAsked } from '../live/asked.ts';
import { heard, mayChange, moment } from '../live/store.ts';
import { ActionButton } from '../parts/action.tsx';
import { type SettingKeyText, settingText } from '../parts/setting-text.ts';
import { ConfigChanges, Snapshots } from '../parts/snapshots.tsx';
import { hrefOf, text } from '../parts/text.ts';
import { rehearsed } from '../tried-settings.ts';

type Listed = Answer<'config.list'>['settings'][string];

export function SettingsView() {
  const { settings } = text().views;
  const filter = useSignal('');
  const changed = useSignal(0);
  const last = heard.value.findLast(({ stream }) => stream === 'config');
  const at = moment.value;
  const then = at === null ? {} : { moment: { seq: at } };
  const asked = useAsked('config.list', then, at === null ? [last?.seq, changed.value] : null);
  const known = Object.entries(asked.value.value?.settings ?? {});
  const wanted = filter.value.trim().toLowerCase();
  const rows = known.filter(([key]) => wanted === '' || `${key} ${settingText(key)}`.toLowerCase().includes(wanted));
  return (
    <div class="settings">
      <header class="heading">
        <h1>{settings.title}</h1>
        <input
          type="search"
          placeholder={settings.filter}
          aria-label={settings.filter}
          value={filter.value}
          onInput={({ currentTarget }) => {
            filter.value = currentTarget.value;
          }}
        />
        {at !== null && <span class="aside">{settings.asThen}</span>}
      </header>
      {asked.value.error !== null && <p class="not-ready">{asked.value.error}</p>}
      <Table rows={rows} />
      <Snapshots />
      <ConfigChanges />
    </div>
  );
}

function Table({ rows }: { readonly rows: readonly (readonly [string, Listed])[] }) {
  const { settings } = text().views;
  return (
    <div class="scrolls">
      <table class="setting-table">
        <thead>
          <tr>
            <th scope="col">{settings.setting}</th>
            <th scope="col">{settings.value}</th>
            <th scope="col">{settings.default}</th>
            <th scope="col">{settings.range}</th>
            <th scope="col">{settings.does}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([key, listed]) => (
            <Row key={key} name={key as SettingKeyText} listed={listed} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ name, listed }: { readonly name: SettingKeyText; readonly listed: Listed }) {
  const { settings, action } = text().views;
  const isSet = listed.origin !== 'default';
  return (
    <tr class={isSet ? 'is-set' : ''}>
      <th scope="row">
        <code>{name}</code>
        {listed.origin === 'env' && <span class="soft"> {settings.fromEnv(listed.env)}</span>}
        {listed.restart && <span class="soft"> {settings.restart}</span>}
      </th>
      <td>
        <Value key={String(listed.value)} name={name} listed={listed} />
        {listed.origin === 'set' && (
          <ActionButton action={{ operation: 'config.reset', params: { key: name } }} label={action.toDefault} />
        )}
      </td>
      <td>{String(listed.default) || '–'}</td>
      <td class="soft">{listed.range}</td>
      <td class="soft">{settingText(name)}</td>
    </tr>
  );
}

/** What is typed is neither saved nor tried before one says so. */
function Value({ name, listed }: { readonly name: string; readonly listed: Listed }) {
  const { settings, action } = text().views;
  const typed = useSignal(String(listed.value));
  const isOther = typed.value !== String(listed.value);
  const isMasked = /\*/.test(String(listed.value));
  return (
    <span class="value">
      <input
        value={typed.value}
        aria-label={name}
        spellcheck={false}
        readOnly={!mayChange.value || isMasked}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
      />
      {isOther && (
        <>
          <ActionButton
            action={{ operation: 'config.set', params: { key: name, value: typed.value } }}
            label={action.save}
          />
          {rehearsed.test(name) && <a href={hrefOf('what-if', null, { [name]: typed.value })}>{settings.tryIt}</a>}
        </>
      )}
    </span>
  );
}
