/** `qcc sync init, push, pull, status`: the same set-up on two machines, by a folder that both can reach. No gateway ever touches it. */
import { mkdirSync } from 'node:fs';
import { keepLocal, knownLocal, type LocalSync, readLocal } from '../../config/sync/local.ts';
import { type Head, SyncStore } from '../../config/sync/store.ts';
import type { ChangeRow } from '../../contract/config.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { exitCodes, QccError, usage } from '../../errors/qcc-error.ts';
import { syncWordsOf } from '../../messages/sync.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { isTold, tellChange } from '../changed.ts';
import { becauseLines, changeLines } from '../changed-rows.ts';
import { passphraseFor } from '../config/transfer-cli.ts';
import { type Context, confirmed, isOn, pathArgument, withInstallation } from '../context.ts';
import { tellHiddenRulesIn } from '../endpoint/rules-told.ts';
import {
  changeRows,
  documentOf,
  endpointsIn,
  noTree,
  removedFrom,
  shown,
  treeOf,
  withEndpoints,
  withKeysOf,
} from './shared.ts';
import { type Conflict, mergeTrees, type Side, type Tree } from './three-way.ts';

export async function init(context: Context): Promise<undefined> {
  const folder = pathArgument(context, 'FOLDER');
  const known = readLocal(context.home);
  const store = await SyncStore.make(folder);
  const isOther = known !== undefined && known.store !== store.id;
  if (isOther) await confirmed(context, () => syncWordsOf(context.language).askOther(known.folder));
  const keys = isOn(context, 'with-keys');
  const { base, without } = known !== undefined && !isOther ? known : { base: null, without: [] };
  // The installation makes its home.
  await withInstallation(context, ({ call }) => call('profile.list', {}));
  mkdirSync(context.home, { recursive: true, mode: 0o700 });
  keepLocal(context.home, { folder, store: store.id, keys, base, without });
  const { object } = await store.head();
  return tellChange(context, {
    json: { folder, store: store.id, keys, head: object },
    data: () => context.out.done(`${store.id}  ${folder}`),
    now: () => syncWordsOf(context.language).ready(folder, keys),
    next: (said) => [said.next, object === null ? 'qcc sync push' : 'qcc sync pull'],
  });
}

export async function push(context: Context): Promise<undefined> {
  const said = syncWordsOf(context.language);
  const { local, store, head } = await opened(context);
  if (head.object !== local.base) throw await behind(context, local, store, head);
  const document = head.object === null ? {} : await store.read(head.object);
  if (hasKeys(document) && !local.keys)
    throw new QccError('QCC_SYNC_KEYS', { folder: local.folder }, exitCodes.conflict);
  const passphrase = local.keys ? await passphraseOf(context, head.object === null) : undefined;
  const base = head.object === null ? noTree : await readTree(document, passphrase, 'push');
  const { tree } = await present(context, passphrase);
  const ours = withEndpoints(tree, base, local.without);
  const changes = changeRows(base, ours);
  const isNew = changes.length > 0;
  const object = isNew ? await store.push(await documentOf(ours, passphrase, document), head) : head.object;
  // Another machine was faster by a moment.
  if (object === null && isNew) throw await behind(context, local, store, await store.head());
  keepLocal(context.home, { ...local, base: object });
  const lines = () => changeLines(context, changes).forEach((line) => void context.out.line(line));
  if (!(isNew || context.json)) return void context.out.note(said.nothingToPush);
  return tellChange(context, {
    json: { pushed: isNew, object, parent: head.object, changes },
    data: lines,
    now: () => said.pushed(changes.length, local.folder),
    next: (told) => [told.see, 'qcc sync status'],
  });
}

export async function pull(context: Context): Promise<undefined> {
  const said = syncWordsOf(context.language);
  const side = sideOf(context);
  const { local, store, head } = await opened(context);
  if (head.object === null || head.object === local.base) {
    if (context.json) return void context.out.json({ pulled: false, object: head.object, ...nothing });
    return void context.out.note(said.nothingToPull);
  }
  const plan = await planned(context, local, store, head.object);
  if (plan.conflicts.length > 0 && side === undefined) throw tellConflicts(context, plan.conflicts);
  const isDry = isOn(context, 'dry-run');
  // What is not looked at is not tried before.
  const dry = isDry || !isOn(context, 'yes') ? await imported(context, plan, true) : undefined;
  if (isDry && dry) return tellDry(context, dry, head.object);
  if (dry !== undefined && dry.changes.length > 0) {
    if (!context.json) tellPlan(context, dry);
    await confirmed(context, () => said.askPull(dry.changes.length));
  }
  const done = await imported(context, plan, false);
  const after = new Set(endpointsIn((await present(context, undefined)).tree));
  const without = endpointsIn(plan.tree).filter((id) => !after.has(id));
  keepLocal(context.home, { ...local, base: head.object, without });
  tellPulled(context, done, {
    object: head.object,
    folder: local.folder,
    isRead: dry !== undefined && isTold(context),
  });
  await tellHiddenRulesIn(context, profilesOf(done.changes, plan.tree));
  return undefined;
}

function tellPlan(context: Context, { changes, leftOut }: Answer<'config.import'>): void {
  for (const line of changeLines(context, changes)) context.out.note(line);
  for (const lines of becauseLines(context, leftOut)) context.out.note(...lines);
}

function tellDry(context: Context, dry: Answer<'config.import'>, object: string): undefined {
  const { changes, leftOut, snapshot, restart } = dry;
  if (context.json) return void context.out.json({ pulled: false, object, changes, leftOut, snapshot, restart });
  if (changes.length === 0) context.out.note(syncWordsOf(context.language).nothingToPull);
  return void tellPlan(context, dry);
}

/** There first, and then here. */
function withKeys(folder: string): readonly string[] {
  return [
    '  qcc sync init FOLDER --with-keys && qcc sync push',
    `  qcc sync init ${shellWord(folder)} --with-keys && qcc sync pull`,
  ];
}

interface Pulled {
  readonly object: string;
  readonly folder: string;
  /** What was left out was shown before the question. */
  readonly isRead: boolean;
}

function tellPulled(context: Context, done: Answer<'config.import'>, { object, folder, isRead }: Pulled): undefined {
  const said = syncWordsOf(context.language);
  if (!context.json) {
    if (!isRead) for (const lines of becauseLines(context, done.leftOut)) context.out.warn(...lines);
    if (done.leftOut.some(({ because }) => because === 'noKey')) context.out.note(said.withKeys, ...withKeys(folder));
  }
  const { changes, leftOut, snapshot, restart } = done;
  return tellChange(context, {
    json: { pulled: true, object, changes, leftOut, snapshot, restart },
    data: () => changeLines(context, changes).forEach((line) => void context.out.line(line)),
    now: () => said.pulled(changes.length, folder),
    next: (told) => [told.back, snapshot === null ? 'qcc sync status' : 'qcc config rollback --last'],
  });
}

export async function status(context: Context): Promise<undefined> {
  const said = syncWordsOf(context.language);
  const { out } = context;
  const { local, store, head } = await opened(context);
  const base = await openTree(store, local.base);
  const ahead = changeRows(base, withEndpoints((await present(context, undefined)).tree, base, local.without));
  const behindBy = head.object === local.base ? [] : changeRows(base, await openTree(store, head.object));
  const { folder, keys } = local;
  if (context.json) {
    const isBehind = head.object !== local.base;
    out.json({ folder, store: store.id, keys, base: local.base, head: head.object, isBehind, ahead, behind: behindBy });
    return undefined;
  }
  out.prose(0, said.isAt(folder, keys));
  section(context, said.here(ahead.length), ahead, 'qcc sync push');
  if (head.object !== local.base) section(context, said.there(behindBy.length), behindBy, 'qcc sync pull');
  else out.prose(0, said.upToDate);
  return undefined;
}

function section(context: Context, title: string, changes: readonly ChangeRow[], command: string): void {
  const { out } = context;
  out.prose(0, title);
  for (const line of changeLines(context, changes)) out.line(`  ${line}`);
  if (changes.length > 0) out.note(`  ${command}`);
}

// ---------------------------------------------------------------------------------------------------- the store

interface Opened {
  readonly local: LocalSync;
  readonly store: SyncStore;
  readonly head: Head;
}

/** @throws {QccError} `QCC_SYNC_NONE`, `QCC_SYNC_OTHER` */
async function opened({ home }: Context): Promise<Opened> {
  const local = knownLocal(home);
  const store = await SyncStore.open(local.folder);
  if (store.id !== local.store) throw new QccError('QCC_SYNC_OTHER', { folder: local.folder }, exitCodes.conflict);
  const head = await store.head();
  if (local.base === null || head.object === null) return { local, store, head };
  // What this machine has pushed may have lost against another push, in a merge of git: its changes are still its own.
  return { local: { ...local, base: await store.common(local.base, head.object) }, store, head };
}

/** What has come to the store since is shown, and then told. */
async function behind(context: Context, local: LocalSync, store: SyncStore, head: Head): Promise<QccError> {
  const changes = changeRows(await openTree(store, local.base), await openTree(store, head.object));
  if (!context.json) for (const line of changeLines(context, changes)) context.out.note(line);
  return new QccError('QCC_SYNC_BEHIND', { count: changes.length }, exitCodes.conflict);
}

/** Without its keys. */
async function openTree(store: SyncStore, object: string | null): Promise<Tree> {
  return object === null ? noTree : treeOf(await store.read(object), undefined);
}

function hasKeys(document: object): boolean {
  return 'secrets' in document;
}

async function readTree(document: object, passphrase: string | undefined, command: 'push' | 'pull'): Promise<Tree> {
  try {
    return await treeOf(document, hasKeys(document) ? passphrase : undefined);
  } catch (error) {
    if (!(error instanceof QccError && error.code === 'QCC_PASSPHRASE_WRONG')) throw error;
    throw new QccError('QCC_PASSPHRASE_WRONG', { command: `qcc sync ${command}` }, exitCodes.credential);
  }
}

async function passphraseOf(context: Context, isNew: boolean): Promise<string> {
  const given = await passphraseFor(context, isNew);
  if (given) return given;
  throw new QccError('QCC_PASSPHRASE_MISSING', {}, exitCodes.usage);
}

// ------------------------------------------------------------------------------------------------ this machine

interface Present {
  readonly tree: Tree;
  /** Says whether it is still so. */
  readonly checksum: string;
}

/** @param passphrase undefined: without keys */
async function present(context: Context, passphrase: string | undefined): Promise<Present> {
  const params = passphrase === undefined ? {} : { withSecrets: true, passphrase };
  const { document } = await withInstallation(context, ({ call }) => call('config.export', params));
  return { tree: await treeOf(document, passphrase), checksum: (document as { checksum: string }).checksum };
}

interface Plan {
  readonly tree: Tree;
  readonly conflicts: readonly ConflictRow[];
  readonly params: Params<'config.import'>;
}

interface ConflictRow {
  readonly path: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

async function planned(context: Context, local: LocalSync, store: SyncStore, object: string): Promise<Plan> {
  const document = await store.read(object);
  const passphrase = hasKeys(document) && local.keys ? await passphraseOf(context, false) : undefined;
  const there = await readTree(document, passphrase, 'pull');
  const base = local.base === null ? noTree : await readTree(await store.read(local.base), passphrase, 'pull');
  const here = await present(context, passphrase);
  const ours = withEndpoints(here.tree, base, local.without);
  const theirs = withKeysOf(there, base, ours);
  const { tree, conflicts } = mergeTrees(base, ours, theirs, sideOf(context) ?? 'ours');
  const removes = removedFrom(here.tree, tree).filter((path) => path.startsWith('profiles/'));
  const text = JSON.stringify(await documentOf(tree, passphrase, document));
  const params = {
    text,
    removes,
    onto: here.checksum,
    partial: true,
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  return { tree, conflicts: conflicts.map(conflictRow), params };
}

function conflictRow({ path, ours, theirs }: Conflict): ConflictRow {
  const parts = path.split('/');
  return { path, ours: shown(parts, ours), theirs: shown(parts, theirs) };
}

/** One batch, or nothing, with a snapshot before it. */
async function imported(context: Context, plan: Plan, dryRun: boolean): Promise<Answer<'config.import'>> {
  try {
    return await withInstallation(context, ({ call }) => call('config.import', { ...plan.params, dryRun }));
  } catch (error) {
    if (!(error instanceof QccError && error.code === 'QCC_IMPORT_RACED')) throw error;
    throw new QccError('QCC_IMPORT_RACED', { command: 'qcc sync pull' }, exitCodes.conflict);
  }
}

function sideOf(context: Context): Side | undefined {
  if (isOn(context, 'theirs') && isOn(context, 'ours'))
    throw usage(syncWordsOf(context.language).oneSide, 'qcc sync pull --ours, or qcc sync pull --theirs');
  if (isOn(context, 'theirs')) return 'theirs';
  return isOn(context, 'ours') ? 'ours' : undefined;
}

function tellConflicts(context: Context, conflicts: readonly ConflictRow[]): QccError {
  const rows = conflicts.map(({ path, ours, theirs }) => ({ path, from: ours ?? '-', to: theirs ?? '-' }));
  if (!context.json) for (const line of changeLines(context, rows)) context.out.note(line);
  const paths = conflicts.map(({ path }) => path).join(', ');
  return new QccError('QCC_SYNC_CONFLICTS', { count: conflicts.length, paths }, exitCodes.conflict);
}

const nothing = { changes: [], leftOut: [], snapshot: null, restart: [] } as const;

/** Those that are there, and have changed. */
function profilesOf(changes: readonly ChangeRow[], tree: Tree): readonly string[] {
  const all = tree.get('profiles');
  const names = changes.map(({ path }) => /^profiles\/([^/]+)/.exec(path)?.[1] ?? '');
  return [...new Set(names)].filter((name) => all instanceof Map && all.has(name));
}
