/** The errors of files in English: the home, the log, imports, backups, incident files. */

import { faultsEn } from './en-faults.ts';
import { leftOutEn } from './en-left-out.ts';
import { clauseOf, partsText } from './faults.ts';
import type { ErrorCode, ErrorParamsOf, ErrorWords } from './params.ts';

type Noun =
  | 'APART'
  | 'BACKUP'
  | 'CAPSULE'
  | 'DISK'
  | 'FILE'
  | 'FILES'
  | 'HOME'
  | 'IMPORT'
  | 'LOG'
  | 'PASSPHRASE'
  | 'REPAIR'
  | 'ROLLBACK'
  | 'TABLE';
type FileCode = Extract<ErrorCode, `QCC_${Noun}_${string}`>;

/** Of the system, for a write. */
const systemFaults: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'its name is too long',
  EACCES: 'you have no permission to write there',
  EPERM: 'you have no permission to write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EFBIG: 'the system limits the size of files',
  EDQUOT: 'your quota is used up',
  EMFILE: 'too many files are open',
};

const clause = (fault: object) => clauseOf(faultsEn, fault) ?? '';
const leftOut = (parts: string | number) => partsText(parts, leftOutEn, ': ', '; ');

function refusedText({ isLog, dir }: ErrorParamsOf['QCC_DISK_FULL']): string {
  return isLog ? `the log in ${dir} cannot be opened` : `${dir} cannot be written`;
}

export const fileErrorsEn: Pick<ErrorWords, FileCode> = {
  QCC_DISK_FULL: {
    message: (refused) => `${refusedText(refused)}: the disk is full`,
    hint: ({ folder }) => `free space, then run it again: df -h ${folder}`,
  },
  QCC_DISK_READONLY: {
    message: (refused) => `${refusedText(refused)}: the disk is read-only`,
    hint: ({ folder }) => `make it writable, then run it again: findmnt -T ${folder}`,
  },
  QCC_FILE_LIMIT: {
    message: (refused) => `${refusedText(refused)}: the system allows no file of this size here`,
    hint: () => 'raise the limit, then run it again: ulimit -f unlimited',
  },
  QCC_LOG_FORBIDDEN: {
    message: ({ dir }) => `the log in ${dir} cannot be opened: you have no permission to read or write it`,
    hint: ({ dir }) => `chmod -R u+rwX ${dir}`,
  },
  QCC_APART_LIMIT: {
    message: ({ isLate, seconds, heapMb }) =>
      `this file was not read to its end, and nothing was taken from it: ${isLate ? `reading took longer than ${seconds} s` : `reading took more than ${heapMb} MB of memory, or crashed the reader`}`,
    hint: () => 'ask for the file again, or for a smaller one',
  },
  QCC_BACKUP_FAILED: {
    message: ({ to: _, ...fault }) => `no complete copy could be made: ${clause(fault)}`,
    hint: ({ to }) => `qcc config backup ${to}`,
  },
  QCC_BACKUP_INVALID: {
    message: (fault) => `this is not a complete backup: ${clause(fault)}`,
    hint: () => 'qcc config backup qcc.tar.gz',
  },
  QCC_CAPSULE_DAMAGED: {
    message: ({ path, ...fault }) => `${path} is not a complete incident file: ${clause(fault)}`,
    hint: () => 'ask for the file again',
  },
  QCC_CAPSULE_LIMIT: {
    message: ({ path, ...fault }) => `${path} is larger than an incident file may be: ${clause(fault)}`,
    hint: () => 'ask for one of a shorter time',
  },
  QCC_CAPSULE_LACKS: {
    message: ({ name }) => `a file of the past holds facts alone: only a gateway can answer ${name}`,
    hint: () => 'qcc dashboard, where the file was written',
  },
  QCC_CAPSULE_UNREADABLE: {
    message: ({ path, code }) => `${path} cannot be read (${code})`,
    hint: ({ path }) => `qcc history export --incident ${path} makes one`,
  },
  QCC_CAPSULE_VERSION: {
    message: ({ path, qcc }) => `${path} was written by qcc ${qcc}, which keeps its state in another form`,
    hint: () => 'use that version of qcc',
  },
  QCC_FILES_FEW: {
    message: ({ dir }) =>
      dir === ''
        ? 'the system allows this program too few open files'
        : `the log in ${dir} cannot be opened: too many files are open`,
    hint: () => 'ulimit -n 1024',
  },
  QCC_FILE_UNREADABLE: {
    message: ({ path, code }) =>
      code === '' ? `you have no permission to use ${path}` : `${path} cannot be read (${code})`,
    hint: ({ hint }) => hint,
  },
  QCC_FILE_UNWRITABLE: {
    message: ({ path, code }) =>
      `${path} cannot be written: ${systemFaults[String(code)] ?? 'the system refuses it'} (${code})`,
    hint: ({ hint }) => hint,
  },
  QCC_HOME_NEWER: {
    message: ({ home, ...fault }) => `${home} was made by a newer qcc (${clause(fault)}); nothing in it was touched`,
    hint: () => 'npm install -g qcc@latest',
  },
  QCC_HOME_NONE: {
    message: () => 'there is no folder for the home: HOME is empty, and the system knows none of this user',
    hint: () => 'export QCC_HOME=/a/folder/of/yours',
  },
  QCC_HOME_NOT_EMPTY: {
    message: ({ home }) => `${home} is not empty: a backup goes into an empty home`,
    hint: ({ file }) => `QCC_HOME=/another/folder qcc config restore ${file}`,
  },
  QCC_HOME_ODD: { message: ({ path, is }) => `${path} is no ${is}`, hint: () => 'qcc config doctor --fix' },
  QCC_HOME_OPEN: { message: ({ home }) => `${home} can be written by others`, hint: ({ home }) => `chmod 700 ${home}` },
  QCC_HOME_OWNER: {
    message: ({ home }) => `${home} belongs to another user`,
    hint: () => 'export QCC_HOME=/a/folder/of/yours',
  },
  QCC_HOME_PATH: {
    message: ({ bytes, most }) =>
      `the path of the home is too long for a socket in it (${bytes} bytes, ${most} at most)`,
    hint: () => 'export QCC_HOME=/a/shorter/path',
  },
  QCC_IMPORT_DATABASE: {
    message: ({ node }) => `Node ${node} cannot read the database of cc-switch`,
    hint: () => 'run it with Node 22.13 or newer, or export from cc-switch: qcc config import --from cc-switch FILE',
  },
  QCC_IMPORT_INVALID: {
    message: ({ hint: _, ...fault }) => `this file cannot be imported: ${clause(fault)}`,
    hint: ({ hint }) => hint,
  },
  QCC_IMPORT_MISSING: {
    message: ({ from, list }) => `${from} has left nothing here: no ${list}`,
    hint: ({ from }) => `qcc config import FILE --from ${from}`,
  },
  QCC_IMPORT_NEWER: {
    message: ({ version, known }) => `this file has version ${version} of the format, and this qcc knows ${known}`,
    hint: () => 'npm install -g qcc@latest',
  },
  QCC_IMPORT_PARTIAL: {
    message: ({ parts }) => `not all of it can be imported, so nothing was: ${leftOut(parts)}`,
    hint: ({ command }) => `${command} --partial imports the rest`,
  },
  QCC_IMPORT_RACED: {
    message: () => 'the configuration was changed while the file was read',
    hint: ({ command }) => String(command),
  },
  QCC_IMPORT_UNREADABLE: {
    message: ({ path, code }) => `${path} cannot be read (${code})`,
    hint: ({ path }) => `ls -l ${path}`,
  },
  QCC_LOG_CLOSED: { message: () => 'the log is closed', hint: () => 'qcc proxy status' },
  QCC_LOG_DAMAGED: {
    message: ({ dir, why }) => `the log in ${dir} cannot be opened: ${why}`,
    hint: () => 'qcc history repair',
  },
  QCC_LOG_GIVEN_UP: {
    message: () => 'the log gave up facts that it could not write',
    hint: ({ hint }) => hint,
  },
  QCC_LOG_GONE: {
    message: ({ dir }) => `the log in ${dir} is gone, and this home is not new: nothing was changed`,
    hint: () =>
      `put it back, or begin anew: qcc history repair (from a backup: QCC_HOME=/another/folder qcc config restore FILE)`,
  },
  QCC_LOG_LOCKED: { message: () => 'another qcc command holds the log', hint: () => 'try again in a moment' },
  QCC_LOG_SUSPENDED: { message: ({ why }) => `the log cannot be written (${why})`, hint: ({ hint }) => hint },
  QCC_PASSPHRASE_MISSING: {
    message: () => 'keys go in and out under a passphrase, and none was given',
    hint: () => 'export QCC_PASSPHRASE=…, or run it on a terminal',
  },
  QCC_PASSPHRASE_WRONG: {
    message: () => 'the keys in this file cannot be opened: another passphrase, or the file was changed',
    hint: ({ command }) => `QCC_PASSPHRASE=… ${command}`,
  },
  QCC_REPAIR_RUNNING: {
    message: () => 'the log cannot be repaired while the gateway runs',
    hint: () => 'qcc proxy stop',
  },
  QCC_ROLLBACK_EMPTY: {
    message: ({ moment }) => `at ${moment} there was no profile yet: going back there would leave none`,
    hint: () => "qcc config rollback '#0', if that is what you want; qcc config audit lists what there was",
  },
  QCC_ROLLBACK_NOTHING: {
    message: ({ parts }) => `nothing of it can be restored: ${leftOut(parts)}`,
    hint: () => 'qcc config audit',
  },
  QCC_ROLLBACK_PARTIAL: {
    message: ({ parts }) => `not all of it can be restored, so nothing was: ${leftOut(parts)}`,
    hint: ({ command }) => `${command} --partial restores the rest`,
  },
  QCC_ROLLBACK_UNCHANGED: {
    message: () => 'nothing was changed yet, so nothing can be undone',
    hint: () => 'qcc config audit',
  },
  QCC_TABLE_DAMAGED: {
    message: ({ table, dir }) => `the history cannot be read: ${table} in ${dir} is damaged`,
    hint: () => 'qcc proxy stop, then qcc history repair',
  },
};
