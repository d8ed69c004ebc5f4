/** `qcc priority set, list, switch, policy, history`. */

import type { Params } from '../../contract/operations.ts';
import { type PolicyRow, policySettings, type SwitchRow } from '../../contract/priority.ts';
import { usage } from '../../errors/qcc-error.ts';
import { codeText } from '../../messages/codes.ts';
import { reasonText } from '../../messages/reasons.ts';
import { spanMs } from '../../messages/times.ts';
import { timeText } from '../../platform/time.ts';
import { tellChange, tellSettings } from '../changed.ts';
import { type Context, countFlag, flag, isOn, numberFlag, withInstallation } from '../context.ts';
import { toneOf } from '../machine-lines.ts';
import { chosenProfile, someProfile } from '../missing.ts';
import { tierOf } from '../options.ts';

export async function set(context: Context): Promise<undefined> {
  const [profile = '', given = ''] = context.positionals;
  const tier = given === 'none' ? null : (tierOf(given, context.words, `qcc priority set ${profile} primary`) ?? null);
  const answer = await withInstallation(context, ({ call }) => call('priority.set', { profile, tier }));
  return tellChange(context, {
    json: answer,
    data: () => context.out.done(`${profile}: ${tier ?? context.words.none}`),
    now: (said) => said.profileTier(profile, tier),
    next: (said) => [said.see, 'qcc priority list'],
  });
}

/** The routing order, and the state of the ladder. */
export function ladderLine({ out, words, language }: Context, active: string | null, state: string): string {
  const ladder = out.paint(toneOf(state), codeText('states', state, language));
  return `${words.labelled(words.active, active ?? words.none)}  ${words.labelled(words.ladder, ladder)}`;
}

export async function list(context: Context): Promise<undefined> {
  const { out, words, json } = context;
  const ladder = await withInstallation(context, ({ call }) => call('priority.list', {}));
  if (json) return void out.json(ladder);
  const rows = Object.entries(ladder.tiers).flatMap(([tier, names]) =>
    names.map((name) => [
      name === ladder.active ? out.paint('green', '●') : ' ',
      tier,
      name === ladder.pinned ? words.bracketed(name, words.pinned) : name,
    ]),
  );
  out.line(ladderLine(context, ladder.active, ladder.state));
  const { held, recovery } = ladder;
  if (held)
    out.prose(4, words.suppressed(held.wanted, held.because, held.until === null ? null : timeText(held.until)));
  if (recovery)
    out.prose(4, words.watchedUp(recovery.profile, recovery.checks, recovery.of, timeText(recovery.readyAt)));
  if (rows.length > 0) out.table(['', words.tier, words.profile], rows);
  return undefined;
}

export async function switchTo(context: Context): Promise<undefined> {
  const [given] = context.positionals;
  const { out } = context;
  if (isOn(context, 'release')) {
    if (given !== undefined)
      throw usage(
        context.words.takesNone('--release', given),
        `qcc priority switch --release, or qcc priority switch ${given}`,
      );
    const released = await withInstallation(context, ({ call }) => call('priority.release', {}));
    return tellChange(context, {
      json: released,
      data: () => out.done(context.words.labelled(context.words.active, released.active ?? context.words.none)),
      now: (said) => said.released(released.active),
      next: (said) => [said.see, 'qcc priority list'],
    });
  }
  const profile = given ?? (await chosenProfile(context));
  if (profile === undefined) {
    const known = await someProfile(context);
    const hint = known === undefined ? 'qcc init' : `qcc priority switch ${known}, or --release`;
    throw usage(context.words.missing('PROFILE'), hint);
  }
  const reason = flag(context, 'reason');
  const row = await withInstallation(context, ({ call }) =>
    call('priority.switch', { profile, ...(reason === undefined ? {} : { reason }) }),
  );
  return tellChange(context, {
    json: row,
    data: () => table(context, [row]),
    now: (said) => said.profileActive(row.to),
    next: (said) => [said.back, 'qcc priority switch --release'],
  });
}

export async function policy(context: Context): Promise<undefined> {
  const changes = changesOf(context);
  const row = await withInstallation(context, ({ call }) => call('priority.policy', changes));
  const set = Object.keys(changes) as (keyof PolicyRow)[];
  return tellSettings(context, row, {
    rows: (Object.keys(policySettings) as (keyof PolicyRow)[]).map((name) => [
      policySettings[name],
      ruleText(name, row[name]),
    ]),
    set: Object.fromEntries(set.map((name) => [policySettings[name], row[name]])),
    see: 'qcc priority policy',
  });
}

/** The names of the policy say which of its values are seconds. */
function ruleText(name: keyof PolicyRow, value: number | boolean): string {
  return name.endsWith('S') ? `${value} s` : String(value);
}

function changesOf(context: Context): Params<'priority.policy'> {
  const changes: { -readonly [Key in keyof PolicyRow]?: PolicyRow[Key] } = {};
  for (const [field, name] of [
    ['autoFailover', 'auto-failover'],
    ['autoRecovery', 'auto-recovery'],
  ] as const) {
    if (isOn(context, name) && isOn(context, `no-${name}`))
      throw usage(context.words.contradict(`--${name}`, `--no-${name}`), context.words.sayOne);
    if (isOn(context, name)) changes[field] = true;
    if (isOn(context, `no-${name}`)) changes[field] = false;
  }
  for (const [field, name] of [
    ['failureThreshold', 'failure-threshold'],
    ['recoveryChecks', 'recovery-checks'],
    ['maxPerHour', 'max-per-hour'],
  ] as const) {
    const value = numberFlag(context, name);
    if (value !== undefined) changes[field] = value;
  }
  for (const [field, name] of [
    ['cooldownS', 'cooldown'],
    ['recoveryDelayS', 'recovery-delay'],
  ] as const) {
    const value = flag(context, name);
    if (value !== undefined) changes[field] = spanMs(value, context.words) / 1_000;
  }
  return changes;
}

export async function history(context: Context): Promise<undefined> {
  const limit = countFlag(context, 'limit');
  const answer = await withInstallation(context, ({ call }) =>
    call('priority.history', limit === undefined ? {} : { limit }),
  );
  if (context.json) context.out.json(answer);
  else table(context, answer.switches);
  return undefined;
}

function table({ out, words, language }: Context, rows: readonly SwitchRow[]): void {
  out.table(
    [words.at, words.kind, words.from, words.to, words.reason],
    rows.map((row) => [
      timeText(row.at),
      codeText('switches', row.kind, language),
      row.from ?? '-',
      row.to,
      reasonText(row.reason, language),
    ]),
    { optional: [words.kind], wrapsLast: true },
  );
}
