/** The configuration's commands: changes, snapshots, export and import, the audit. */
import { leftOutEn } from '../errors/en-left-out.ts';

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const configWords = {
  noSnapshots: 'there is no snapshot yet',
  chooseSnapshot: 'Snapshot',
  noDifference: 'there are no differences',
  noMoment: (text: string) => `"${text}" is a file, not a point in time`,
  undoWith: (command: string) => `to undo it: ${command}`,
  askPassphrase: 'Passphrase',
  askAgain: 'The passphrase again',
  passphrasesDiffer: 'the two passphrases differ',
  taken_hand: 'by hand',
  taken_import: 'before an import',
  taken_rollback: 'before a rollback',
  taken_reset: 'before a reset',
  ...leftOutEn,
  default: 'default',
  unit: 'unit',
  units: { seconds: 'seconds', days: 'days', MB: 'megabytes', 'requests a second': 'requests per second' },
  restart: 'restart',
  restartYes: 'needed: it takes effect after qcc proxy restart',
  restartNo: 'not needed: it takes effect at once',
  change: 'change',
  variable: 'override',
  origins: { default: 'the default', set: 'set by you' },
  fromVariable: (name: string) => `from ${name} in the environment`,
  keyChanged: 'its key is another one',
  removesHome: (home: string) =>
    `qcc uninstall removes ${home}, with all keys and the whole history: this cannot be undone. Remove it?`,
  notGivenBack: "Claude Code's settings were not restored",
  serviceGone: 'the service is removed',
  gatewayGone: 'the gateway has stopped',
  homeGone: (home: string) => `removed: ${home}`,
  notOurs: (names: string) => `not made by qcc, so left in place: ${names}`,
  programStays: 'to remove the program itself: npm uninstall -g qcc',
  facts: 'facts',
  bytes: 'bytes',
  backupHasKeys: 'it holds the keys, and the master key that opens them: keep it as safe as a key',
  backupNeedsKeychain:
    'its keys open only with the keychain that this home uses; to take them elsewhere: qcc config export --with-secrets',
  overridden: (name: string) => `${name} in the environment overrides it until it is unset`,
  mended: (ids: string) => `fixed: ${ids}`,
  found: (faults: number, warnings: number) =>
    faults + warnings === 0
      ? 'all is well'
      : [faults > 0 ? counted(faults, 'fault') : '', warnings > 0 ? counted(warnings, 'warning') : '']
          .filter((part) => part !== '')
          .join(', '),
};

export type ConfigWords = typeof configWords;
