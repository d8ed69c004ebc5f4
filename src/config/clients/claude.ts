/**
 * Points Claude Code's own settings file at the gateway, and back: key by key, with order and comments preserved. The former content is
 * remembered, sealed, so that it can be restored.
 */

import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyEdits, type Edit, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { QccError } from '../../errors/qcc-error.ts';
import type { Fault } from '../../messages/errors/faults.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { paths } from '../files/home.ts';
import type { Vault } from '../secrets/vault.ts';

/** A key's value before qcc (null: missing), and the value that qcc wrote (null: qcc removed it). */
interface Remembered {
  readonly before: string | null;
  readonly written: string | null;
}

interface Remembrance {
  readonly keys: Readonly<Record<string, Remembered>>;
  /** The status line: its command before qcc (null: none), and the command that qcc wrote. */
  readonly statusLine?: { readonly before: unknown; readonly written: string };
  /** What existed before qcc. */
  readonly had: 'nothing' | 'file' | 'env';
  /** The whole file before qcc and as qcc wrote it; null when it was changed by others between two of our writes. */
  readonly whole: { readonly before: string; readonly written: string } | null;
}

/** By file: there is one for each `CLAUDE_CONFIG_DIR`. */
type Memory = Readonly<Record<string, Remembrance>>;

export interface Applied {
  readonly file: string;
  readonly changed: readonly string[];
  /** Keys that the user has changed since: the user's value stays. */
  readonly kept: readonly string[];
}

interface Place {
  readonly home: string;
  /** `CLAUDE_CONFIG_DIR`, else `~/.claude`. */
  readonly claudeDir: string;
  readonly vault: Pick<Vault, 'seal' | 'unseal'>;
}

const statusLineKey = 'statusLine';
const formatting = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** @throws {QccError} when the file is not JSON: it stays as it is */
export function applyClaudeSettings(place: Place, values: Readonly<Record<string, string>>): Applied {
  const file = join(place.claudeDir, 'settings.json');
  const text = readSettings(file);
  const env = envOf(file, text);
  const memory = remembered(place);
  const known = memory[file];
  // With both credentials set, Claude Code sends both and warns.
  const wanted: Record<string, string | null> = {
    ...values,
    ...('ANTHROPIC_API_KEY' in env ? { ANTHROPIC_API_KEY: null } : {}),
  };
  const keys = { ...known?.keys };
  let next = text;
  for (const [name, value] of Object.entries(wanted)) {
    const current = env[name] ?? null;
    const earlier = known?.keys[name];
    // Applied twice: the value from before the first time is the one to restore.
    const before = earlier && earlier.written === current ? earlier.before : current;
    keys[name] = { before, written: value };
    next = edited(next, ['env', name], value);
  }
  const had = known?.had ?? hadBefore(file, text);
  remember(place, { ...memory, [file]: { ...known, keys, had, whole: wholeOf(known, text, next) } });
  write(file, next);
  return { file, changed: Object.keys(wanted), kept: [] };
}

/**
 * Sets the command of the status line, and leaves its other fields unchanged.
 * @param around returns the command to write from the present one; null leaves everything unchanged
 * @throws {QccError} when the file is not JSON: it stays as it is
 */
export function applyStatusLine(place: Place, around: (command: string | null) => string | null): Applied {
  const file = join(place.claudeDir, 'settings.json');
  const text = readSettings(file);
  const current = settingsIn(file, text)[statusLineKey] ?? null;
  const memory = remembered(place);
  const known = memory[file];
  const ours = known?.statusLine;
  const before = ours !== undefined && ours.written === commandIn(current) ? ours.before : current;
  const written = around(commandIn(before));
  if (written === null) return { file, changed: [], kept: [statusLineKey] };
  const next =
    commandIn(current) === null
      ? edited(text, [statusLineKey], { type: 'command', command: written })
      : edited(text, [statusLineKey, 'command'], written);
  const { keys = {}, had = hadBefore(file, text) } = known ?? {};
  const whole = wholeOf(known, text, next);
  remember(place, { ...memory, [file]: { keys, had, whole, statusLine: { before, written } } });
  write(file, next);
  return { file, changed: [statusLineKey], kept: [] };
}

/** Null for a status line that runs no command. */
function commandIn(statusLine: unknown): string | null {
  if (!isObject(statusLine) || statusLine['type'] !== 'command') return null;
  const { command } = statusLine;
  return typeof command === 'string' && command.trim() !== '' ? command : null;
}

function wholeOf(known: Remembrance | undefined, text: string, written: string): Remembrance['whole'] {
  if (!known) return { before: text, written };
  return known.whole?.written === text ? { before: known.whole.before, written } : null;
}

function hadBefore(file: string, text: string): Remembrance['had'] {
  if (!existsSync(file)) return 'nothing';
  return hasEnv(text) ? 'env' : 'file';
}

/** If the file is unchanged since, it becomes byte for byte what it was. Otherwise only our own keys are removed, one by one. */
export function restoreClaudeSettings(place: Place): Applied {
  const file = join(place.claudeDir, 'settings.json');
  const { [file]: known, ...others } = remembered(place);
  if (!known) return { file, changed: [], kept: [] };
  const text = readSettings(file);
  const settings = settingsIn(file, text);
  const env = envOf(file, text);
  const isOurs = (name: string) =>
    name === statusLineKey
      ? commandIn(settings[name]) === known.statusLine?.written
      : (env[name] ?? null) === known.keys[name]?.written;
  const names = [...Object.keys(known.keys), ...(known.statusLine === undefined ? [] : [statusLineKey])];
  const changed = names.filter(isOurs);
  const kept = names.filter((name) => !isOurs(name));
  const next = known.whole?.written === text ? known.whole.before : withoutOurs(text, known, changed);
  if (known.had === 'nothing' && next.trim() === '{}') rmSync(file, { force: true });
  else write(file, next);
  remember(place, others);
  return { file, changed, kept };
}

/**
 * Restores every file that was ever pointed here, in whatever folder. Does nothing when there was none. @throws {QccError} as
 * `restoreClaudeSettings`
 */
export function restoreAllClaudeSettings({ home, vault }: Omit<Place, 'claudeDir'>): readonly Applied[] {
  const files = Object.keys(remembered({ home, vault, claudeDir: '' }));
  return files.map((file) => restoreClaudeSettings({ home, vault, claudeDir: dirname(file) }));
}

function withoutOurs(text: string, { keys, had, statusLine }: Remembrance, ours: readonly string[]): string {
  const restored = ours.reduce((next, name) => {
    if (name !== statusLineKey) return edited(next, ['env', name], keys[name]?.before ?? null);
    const before = statusLine?.before ?? null;
    const command = commandIn(before);
    return command === null ? edited(next, [name], before) : edited(next, [name, 'command'], command);
  }, text);
  const { env = {} } = (parse(restored) ?? {}) as { env?: object };
  return had !== 'env' && Object.keys(env).length === 0 ? edited(restored, ['env'], null) : restored;
}

export interface ClaudeFile {
  readonly env: Readonly<Record<string, string>>;
  /** A program that supplies the key. */
  readonly apiKeyHelper: string;
}

/** The values of one of its settings files; empty when there is no such file. @throws {QccError} when it cannot be read */
export function readClaudeFile(file: string): ClaudeFile {
  const text = readSettings(file);
  const env = Object.entries(envOf(file, text)).filter(([, value]) => typeof value === 'string');
  const { apiKeyHelper } = (parse(text) ?? {}) as { apiKeyHelper?: unknown };
  return { env: Object.fromEntries(env), apiKeyHelper: typeof apiKeyHelper === 'string' ? apiKeyHelper : '' };
}

function readSettings(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '{}\n';
}

function settingsIn(file: string, text: string): Record<string, unknown> {
  const errors: ParseError[] = [];
  const settings: unknown = text.trim() === '' ? {} : parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw unreadable(file, { fault: 'badJson', said: printParseErrorCode(first.error), line });
  }
  if (!isObject(settings)) throw unreadable(file, { fault: 'notObject' });
  return settings;
}

function envOf(file: string, text: string): Record<string, string> {
  const env = settingsIn(file, text)['env'] ?? {};
  if (!isObject(env)) throw unreadable(file, { fault: 'envNotObject' });
  return env as Record<string, string>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(file: string, fault: Fault<'claude'>): QccError {
  return new QccError('QCC_CLAUDE_SETTINGS', { file, ...fault });
}

function hasEnv(text: string): boolean {
  const settings: unknown = parse(text);
  return isObject(settings) && 'env' in settings;
}

/** @param value null removes it */
function edited(text: string, path: string[], value: unknown): string {
  const base = text.trim() === '' ? '{}\n' : text;
  if (value !== null) return applyEdits(base, modify(base, path, value, formatting));
  // Not formatted: formatting would return one large edit, without the comments.
  const edits = modify(base, path, undefined, {});
  return applyEdits(
    base,
    edits.map((edit) => withComments(base, edit)),
  );
}

/** A key is removed with the comma before it. Comments in between stay, behind a comma that is still needed. */
function withComments(text: string, edit: Edit): Edit {
  const end = edit.offset + edit.length;
  const removed = text.slice(edit.offset, end);
  const comments = /^,((?:\s*(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/))+)/.exec(removed)?.[1];
  if (comments === undefined) return edit;
  const comma = /^\s*,/.exec(text.slice(end))?.[0];
  return comma === undefined
    ? { ...edit, content: comments }
    : { ...edit, length: edit.length + comma.length, content: `,${comments}` };
}

function write(file: string, text: string): void {
  // The file may hold other keys, so that the user's umask does not decide its mode.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file)) {
    // People keep such files elsewhere, with a link here: the link stays.
    writeFileAtomic(realpathSync(file), text, statSync(file).mode & 0o777);
  } else {
    writeFileAtomic(file, text);
  }
}

/** @throws {QccError} `QCC_VAULT_DAMAGED` */
function remembered({ home, vault }: Place): Memory {
  const { claude } = paths(home);
  return existsSync(claude) ? JSON.parse(vault.unseal(readFileSync(claude, 'utf8'), claude)) : {};
}

function remember({ home, vault }: Place, memory: Memory): void {
  const { claude } = paths(home);
  if (Object.keys(memory).length === 0) rmSync(claude, { force: true });
  else writeFileAtomic(claude, vault.seal(JSON.stringify(memory)));
}
