/** The commands of the fleet. */
import type { FleetFault, HeardRow } from '../../contract/fleet.ts';
import type { Answer } from '../../contract/operations.ts';
import { fleetWordsOf } from '../../messages/fleet.ts';
import { fleetFixes } from '../../messages/fleet-fixes.ts';
import { reasonText } from '../../messages/reasons.ts';
import { timeText } from '../../platform/time.ts';
import { type Context, isOn, withInstallation } from '../context.ts';

export async function status(context: Context): Promise<undefined> {
  const answer = await withInstallation(context, ({ call }) => call('fleet.status', {}));
  if (context.json) return void context.out.json(answer);
  const words = fleetWordsOf(context.language);
  const { url, name, hasSecret, live } = answer;
  if (url === null) return void context.out.note(words.off);
  if (!hasSecret) context.out.note(words.noSecret);
  else if (live === null) context.out.note(words.notRunning);
  const rows: [string, string][] = [
    [words.server, url],
    [words.name, name],
    ...(live === null ? [] : liveRows(context, live)),
  ];
  context.out.table(['', words.here], rows, { wrapsLast: true });
  return undefined;
}

const dollars = (usd: number) => `$${usd.toFixed(2)}`;

type Live = NonNullable<Answer<'fleet.status'>['live']>;

function liveRows({ language, words: common }: Context, live: Live): [string, string][] {
  const words = fleetWordsOf(language);
  // A code tells a person nothing that a sentence does not, unless there is none.
  const why = (fault: FleetFault, code: string | null) =>
    fault === 'other' ? common.bracketed(words.faults.other, code ?? '') : words.faults[fault];
  const refused = Object.entries(live.refused).map(([why, count]) => `${words.refusals[why] ?? why} ${count}`);
  const isBeginning = live.state === 'connecting' && live.fault === null;
  const rows: [string, string | null][] = [
    [words.state, isBeginning ? words.begins : words.states[live.state]],
    [words.since, live.since && timeText(live.since)],
    [words.why, live.fault && why(live.fault, live.error)],
    [words.next, live.fault && fleetFixes[live.fault]],
    [words.member, live.member],
    // Since it is connected.
    [words.published, live.behind === null ? null : String(live.published)],
    [words.received, live.behind === null ? null : String(live.received)],
    [words.behind, live.behind === null ? null : String(live.behind)],
    [words.refused, refused.length === 0 ? null : refused.join(common.comma)],
    ...live.budgets.map((one): [string, string] => [
      words.budget(one.token),
      words.slice(dollars(one.spentUsd), dollars(one.allowedUsd), dollars(one.limitUsd)),
    ]),
    ...live.slots.map((one): [string, string] => [
      words.atOnce(`${one.profile}/${one.name}`),
      words.part(one.allowed, one.limit),
    ]),
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

export async function members(context: Context): Promise<undefined> {
  const { live } = await withInstallation(context, ({ call }) => call('fleet.status', {}));
  const rows = live?.members ?? [];
  if (context.json) return void context.out.json({ members: rows });
  const words = fleetWordsOf(context.language);
  if (rows.length === 0) return void context.out.note(live === null ? words.notRunning : words.noMembers);
  context.out.table(
    [words.name, words.member, words.state, words.seen, words.joined],
    rows.map((one) => [
      one.name,
      one.member,
      one.isPresent ? words.isPresent : words.isGone,
      timeText(one.seenAt),
      timeText(one.joinedAt),
    ]),
  );
  return undefined;
}

export async function beliefs(context: Context): Promise<undefined> {
  const [endpoint] = context.positionals;
  const words = fleetWordsOf(context.language);
  if (isOn(context, 'forget')) {
    const answer = await withInstallation(context, ({ call }) =>
      call('fleet.forget', endpoint === undefined ? {} : { endpoint }),
    );
    if (context.json) return void context.out.json(answer);
    return void context.out.done(words.forgotten(answer.forgotten.length));
  }
  const answer = await withInstallation(context, ({ call }) =>
    call('fleet.beliefs', endpoint === undefined ? {} : { endpoint }),
  );
  if (context.json) return void context.out.json(answer);
  if (answer.beliefs.length === 0) return void context.out.note(words.noneHeard);
  context.out.table(
    [words.endpoint, words.because, words.by, words.until],
    answer.beliefs.map((one) => rowOf(context, one)),
  );
  return undefined;
}

function rowOf({ language, words: common }: Context, { profile, name, about, because, by, until }: HeardRow): string[] {
  const why = reasonText(because, language);
  const words = fleetWordsOf(language);
  const [hint, path] = [words.hint, words.pathFrom(by)];
  const said = about === 'credential' ? why : common.bracketed(why, about === 'vendor' ? hint : path);
  return [`${profile}/${name}`, said, by, timeText(until)];
}

export async function leave(context: Context): Promise<undefined> {
  const answer = await withInstallation(context, ({ call }) => call('fleet.leave', {}));
  if (context.json) return void context.out.json(answer);
  const words = fleetWordsOf(context.language);
  if (answer.left) context.out.done(words.left);
  else context.out.note(words.wasNone);
  return undefined;
}
