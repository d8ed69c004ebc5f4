/** The filters above a list of requests. They stand in the address, so that a filtered list can be shared and gone back to. */
import type { RequestRow } from '../../contract/dashboard.ts';
import { look, names, place, shown } from '../live/store.ts';
import { durationText } from '../number-text.ts';
import { text } from './text.ts';

const slowMs = [1_000, 5_000, 15_000, 60_000];
type Choices = readonly (readonly [value: string, label: string])[];

export function RequestFiltersForm({ rows }: { readonly rows: readonly RequestRow[] }) {
  const { requests } = text().views;
  const { options } = place.value;
  const endpoints: Choices = [...names.value];
  const profiles: Choices = (shown.value?.profiles ?? []).map(({ name }) => [name, name]);
  const outcomes: Choices = Object.entries(requests.outcomes);
  const slow: Choices = slowMs.map((ms) => [String(ms), durationText(ms)]);
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Choice name="endpoint" label={requests.endpoint} choices={endpoints} />
      <Choice name="profile" label={requests.profile} choices={profiles} />
      <Choice name="model" label={requests.model} choices={seenIn(rows, 'model')} />
      <Choice name="session" label={requests.session} choices={seenIn(rows, 'session')} />
      <Choice name="outcome" label={requests.outcome} choices={outcomes} />
      <Choice name="slow" label={requests.slow} choices={slow} />
      <label class="check">
        <input
          type="checkbox"
          checked={options['moved'] === '1'}
          onChange={({ currentTarget: { checked } }) => look({ moved: checked ? '1' : null })}
        />
        {requests.moved}
      </label>
      {Object.keys(options).some((key) => key !== 'at') && (
        <button
          type="button"
          onClick={() =>
            look({ endpoint: null, profile: null, model: null, session: null, outcome: null, slow: null, moved: null })
          }
        >
          {requests.clear}
        </button>
      )}
    </form>
  );
}

function Choice({
  name,
  label,
  choices,
}: {
  readonly name: string;
  readonly label: string;
  readonly choices: Choices;
}) {
  const { requests } = text().views;
  const value = place.value.options[name] ?? '';
  const isListed = value === '' || choices.some(([one]) => one === value);
  return (
    <label class={value === '' ? '' : 'is-set'}>
      {label}
      <select
        value={value}
        onChange={({ currentTarget }) => look({ [name]: currentTarget.value === '' ? null : currentTarget.value })}
      >
        <option value="">{requests.any}</option>
        {!isListed && <option value={value}>{value}</option>}
        {choices.map(([one, said]) => (
          <option key={one} value={one}>
            {said}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Values that the list shows, and no others: what nobody asked for needs no choice. */
function seenIn(rows: readonly RequestRow[], field: 'model' | 'session'): Choices {
  return [...new Set(rows.flatMap((row) => row[field] ?? []))].sort().map((value) => [value, value]);
}
