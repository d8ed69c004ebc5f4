/** The fleet: its gateways, what each says of the endpoints of this one, where they disagree, how far this one is behind, and shared budgets. */
import type { ComponentChildren } from 'preact';
import type { Answer } from '../../contract/operations.ts';
import { fleetFixes } from '../../messages/fleet-fixes.ts';
import { useAsked } from '../live/asked.ts';
import { moment, present, presentClock } from '../live/store.ts';
import { dollarText } from '../number-text.ts';
import { CommandLine } from '../parts/action.tsx';
import { hrefOf, nameOfEndpoint, text, timeOf } from '../parts/text.ts';

type Status = Answer<'fleet.status'>;
type Live = NonNullable<Status['live']>;
type Heard = Answer<'fleet.beliefs'>['beliefs'][number];

// No fact tells of messages and beats: while the view is open, it is asked now and then.
const askEveryMs = 5_000;

export function FleetView() {
  const { fleet } = text().views;
  const again = Math.floor(presentClock.value / askEveryMs);
  const status = useAsked('fleet.status', {}, again).value;
  const heard = useAsked('fleet.beliefs', {}, again).value;
  const live = status.value?.live ?? null;
  return (
    <div class="fleet">
      <header class="heading">
        <h1>{fleet.title}</h1>
        <CommandLine command="qcc fleet status" />
      </header>
      {moment.value !== null && <p class="aside">{fleet.isNow}</p>}
      {status.error !== null && <p class="not-ready">{status.error}</p>}
      {status.value && <Standing {...status.value} />}
      {live && status.value?.url !== null && (
        <>
          <Members members={live.members} />
          <Beliefs beliefs={heard.value?.beliefs ?? []} />
          <Budgets budgets={live.budgets} />
        </>
      )}
    </div>
  );
}

function Standing({ url, name, hasSecret, live }: Status) {
  const { fleet } = text().views;
  if (url === null) return <p class="aside">{fleet.off}</p>;
  if (!hasSecret) return <p class="not-ready">{fleet.noSecret}</p>;
  if (live === null) return <p class="aside">{fleet.notRunning}</p>;
  const refused = Object.entries(live.refused).map(([why, count]) => `${fleet.refusals[why] ?? why} ${count}`);
  const rows: readonly (readonly [string, string | number | null])[] = [
    [fleet.server, url],
    [fleet.name, name],
    [fleet.state, live.state === 'connecting' && live.fault === null ? fleet.begins : fleet.states[live.state]],
    [fleet.since, live.since && timeOf(live.since)],
    [fleet.why, live.fault && fleet.faults[live.fault]],
    [fleet.next, live.fault && fleetFixes[live.fault]],
    [fleet.behind, live.behind],
    [fleet.published, live.published],
    [fleet.received, live.received],
    [fleet.refused, refused.length === 0 ? null : refused.join(' · ')],
  ];
  return (
    <Table
      title={fleet.here}
      head={null}
      rows={rows.filter(([, value]) => value !== null).map(([label, value]) => ({ key: label, cells: [label, value] }))}
    />
  );
}

function Members({ members }: Pick<Live, 'members'>) {
  const { fleet } = text().views;
  if (members.length === 0) return <p class="aside">{fleet.noMembers}</p>;
  const rows = members.map((one) => ({
    key: one.member,
    cells: [one.name, one.isPresent ? fleet.isPresent : fleet.isGone, timeOf(one.seenAt), timeOf(one.joinedAt)],
  }));
  return <Table title={fleet.members} head={[fleet.name, fleet.state, fleet.seen, fleet.joined]} rows={rows} />;
}

/** What another gateway says of a key, and this one does not find itself, is marked in a word, and not by a colour alone. */
function Beliefs({ beliefs }: { readonly beliefs: readonly Heard[] }) {
  const { fleet } = text().views;
  if (beliefs.length === 0) return <p class="aside">{fleet.noneHeard}</p>;
  const known = present.value?.profiles.flatMap(({ endpoints }) => endpoints) ?? [];
  const rows = beliefs.map((one) => {
    const state = known.find(({ id }) => id === one.endpoint)?.state ?? null;
    const here = state === null ? '–' : text().code('states', state);
    const differs = one.about === 'credential' && (state === 'healthy' || state === 'degraded');
    const about = { credential: '', vendor: ` (${fleet.hint})`, path: ` (${fleet.pathFrom(one.by)})` }[one.about];
    return {
      key: `${one.endpoint} ${one.member} ${one.about}`,
      cells: [
        <a key="endpoint" href={hrefOf('endpoint', one.endpoint)}>
          {nameOfEndpoint(one.endpoint)}
        </a>,
        one.by,
        `${text().reason(one.because)}${about}`,
        timeOf(one.until),
        differs ? <strong key="here">{`${here} ≠ ${fleet.differs}`}</strong> : here,
      ],
    };
  });
  const head = [fleet.endpoint, fleet.by, fleet.because, fleet.until, fleet.foundHere];
  return <Table title={fleet.beliefs} head={head} rows={rows} />;
}

function Budgets({ budgets }: Pick<Live, 'budgets'>) {
  const { fleet } = text().views;
  if (budgets.length === 0) return null;
  const rows = budgets.map((one) => ({
    key: one.token,
    cells: [
      one.token,
      fleet.slice(dollarText(one.spentUsd), dollarText(one.allowedUsd), dollarText(one.limitUsd)),
      one.period,
    ],
  }));
  return <Table title={fleet.budgets} head={null} rows={rows} />;
}

interface TableProps {
  readonly title: string;
  readonly head: readonly string[] | null;
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[];
}

function Table({ title, head, rows }: TableProps) {
  return (
    <section class="part">
      <h2>{title}</h2>
      <div class="scrolls">
        <table>
          {head && (
            <thead>
              <tr>
                {head.map((one) => (
                  <th key={one} scope="col">
                    {one}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {rows.map(({ key, cells: [first, ...rest] }) => (
              <tr key={key}>
                <th scope="row">{first}</th>
                {rest.map((cell, at) => (
                  <td key={`${key} ${at}`}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
