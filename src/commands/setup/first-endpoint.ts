/** The step of the set-up that brings endpoints: found on this machine, from a preset, or by hand; tested at once. */
import { importSource } from '../../config/importers/import-source.ts';
import { profileNameFrom } from '../../config/importers/incoming.ts';
import type { EndpointOptions } from '../../contract/endpoint.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { setupWordsOf } from '../../messages/setup.ts';
import { doneLine } from '../changed.ts';
import { becauseLines, changeLines } from '../changed-rows.ts';
import { type Context, withInstallation } from '../context.ts';
import { askEndpoint, askPreset, askUrl } from '../endpoint/asked.ts';
import { testedNow } from '../endpoint/tested-now.ts';
import { hasLeft, type OtherProgram, ofClaude, otherPrograms } from './sources.ts';

const tiers = ['primary', 'secondary', 'fallback'] as const;

/** @returns whether endpoints were added */
export async function addFirst(context: Context, question: string): Promise<boolean> {
  const { choose } = await import('../../terminal/prompt.ts');
  const said = setupWordsOf(context.language);
  const claude = ofClaude(context);
  const labels = { 'cc-switch': said.fromCcSwitch, fastcc: said.fromFastcc };
  const how = await choose(question, [
    ...otherPrograms
      .filter((program) => hasLeft(program, context))
      .map((program) => ({ value: program, label: labels[program] })),
    ...(claude ? [{ value: 'claude', label: said.fromClaude, hint: claude.baseUrl ?? '' }] : []),
    { value: 'preset', label: said.preset },
    { value: 'hand', label: said.byHand },
    { value: 'leave', label: said.leave },
  ]);
  const program = otherPrograms.find((one) => one === how);
  if (program) return importAll(context, program);
  switch (how) {
    case 'claude':
      return claude ? addOne(context, claude, 'claude') : false;
    case 'preset': {
      const preset = await askPreset(context);
      return addOne(context, { preset }, preset);
    }
    case 'hand': {
      const baseUrl = await askUrl(context, {});
      return addOne(context, { baseUrl });
    }
    default:
      return false;
  }
}

/** What another program has set up: shown, then taken over whole or not at all. */
async function importAll(context: Context, program: OtherProgram): Promise<boolean> {
  const { confirm } = await import('../../terminal/prompt.ts');
  const said = setupWordsOf(context.language);
  const { path: _, ...source } = importSource(undefined, program, context.env);
  const params = { ...source, from: program, partial: true };
  const ask = (dryRun: boolean) =>
    withInstallation(context, ({ call }) => call('config.import', { ...params, dryRun }));
  const { changes, leftOut } = await ask(true);
  for (const line of changeLines(context, changes)) context.out.note(line);
  for (const lines of becauseLines(context, leftOut)) context.out.note(...lines);
  if (changes.length === 0) {
    context.out.note(said.nothingToImport);
    return false;
  }
  if (!(await confirm(changeWordsOf(context.language).askImport(changes.length), context.words, true))) return false;
  const done = await ask(false);
  doneLine(context, said.imported(done.changes.length), [said.undo, 'qcc config rollback --last']);
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  for (const { name, endpoints } of profiles) if (endpoints > 0) await testedNow(context, { profile: name }, true);
  return true;
}

async function addOne(context: Context, given: EndpointOptions, called?: string): Promise<boolean> {
  const { askText } = await import('../../terminal/prompt.ts');
  const said = setupWordsOf(context.language);
  const endpoint = await askEndpoint(context, given);
  // Nothing typed: the step is left.
  if (!endpoint?.key) return false;
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  const taken = new Set(profiles.map(({ name }) => name));
  const standard = profileNameFrom(called ?? new URL(endpoint.baseUrl ?? '').hostname, taken);
  const name = (await askText(said.profileName, { standard })).trim() || standard;
  const tier = tiers.find((one) => !profiles.some((profile) => profile.tier === one));
  const row = await withInstallation(context, ({ call }) =>
    call('profile.add', { name, endpoint, ...(tier === undefined ? {} : { tier }) }),
  );
  doneLine(context, changeWordsOf(context.language).profileAdded(row.name, row.endpoints, row.tier));
  return testedUntilWell(context, row.name);
}

/** @returns false when it was removed again */
async function testedUntilWell(context: Context, profile: string): Promise<boolean> {
  const { askSecret, choose } = await import('../../terminal/prompt.ts');
  const said = setupWordsOf(context.language);
  while (!(await testedNow(context, { profile }, true))) {
    const then = await choose(said.whatNow, [
      { value: 'key', label: said.otherKey },
      { value: 'header', label: said.otherHeader },
      { value: 'keep', label: said.keepIt },
      { value: 'remove', label: said.removeIt },
    ]);
    if (then === 'remove') {
      await withInstallation(context, ({ call }) => call('profile.remove', { name: profile }));
      doneLine(context, said.removed(profile));
      return false;
    }
    if (then === 'keep') return true;
    const key = then === 'key' ? (await askSecret(context.words.askKey)).trim() : undefined;
    await withInstallation(context, async ({ call }) => {
      const { endpoints } = await call('endpoint.list', { profile });
      const [only] = endpoints;
      const auth = only?.auth === 'bearer' ? 'x-api-key' : 'bearer';
      if (only) await call('endpoint.update', { profile, id: only.id, ...(key === undefined ? { auth } : { key }) });
    });
  }
  return true;
}
