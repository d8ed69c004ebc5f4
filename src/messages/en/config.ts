/** The configuration's commands: changes, snapshots, export and import, the audit. */
const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const configWords = {
  noSnapshots: 'there is no snapshot yet',
  chooseSnapshot: 'Snapshot',
  noDifference: 'there is no difference',
  noMoment: (text: string) => `"${text}" is a file, not a moment`,
  undoWith: (command: string) => `to undo it: ${command}`,
  askPassphrase: 'Passphrase',
  askAgain: 'The same again',
  passphrasesDiffer: 'the two passphrases differ',
  taken_hand: 'by hand',
  taken_import: 'before an import',
  taken_rollback: 'before a rollback',
  taken_reset: 'before a reset',
  because_keyGone: 'it was removed, and its key is gone',
  because_otherHost: 'its key is gone, and the present one was given for another host',
  because_keyReplaced: 'it keeps the key that it has now: the former one is gone',
  because_addressRefused: 'its address is refused now',
  because_settingGone: 'there is no such setting any more',
  because_valueGone: 'its value is a secret, and is gone',
  because_outOfRange: 'its value is out of range',
  because_noCounterpart: 'has no counterpart here',
  because_noAddress: 'has no address',
  because_noKey: 'there is no key for it, in the file or here',
  because_refused: 'its address or one of its numbers is none that qcc takes',
  because_renamed: 'its name is none that a profile can have',
  because_needsCertificate: 'needs proxy.tls_cert and proxy.tls_key',
  because_twin: 'the same address and key are there already',
  default: 'default',
  unit: 'unit',
  units: { seconds: 'seconds', days: 'days', MB: 'megabytes', 'requests a second': 'requests per second' },
  restart: 'restart',
  restartYes: 'needed: it applies after qcc proxy restart',
  restartNo: 'not needed: it applies at once',
  change: 'change',
  variable: 'override',
  origins: { default: 'the default', set: 'set by you' },
  fromVariable: (name: string) => `from ${name} in the environment`,
  by: 'by',
  action: 'action',
  target: 'target',
  details: 'details',
  removesHome: (home: string) =>
    `qcc uninstall removes ${home}, with all keys and the whole history: this cannot be undone. Really?`,
  notGivenBack: "Claude Code's settings were not given back",
  serviceGone: 'the service is gone',
  gatewayGone: 'the gateway has stopped',
  homeGone: (home: string) => `removed: ${home}`,
  notOurs: (names: string) => `not made by qcc, and left: ${names}`,
  programStays: 'the program itself: npm uninstall -g qcc',
  facts: 'facts',
  bytes: 'bytes',
  backupHasKeys: 'the keys and what opens them are in it: keep it like a key',
  backupNeedsKeychain:
    'its keys open only with the keychain that this home uses; qcc config export --with-secrets takes them elsewhere',
  overridden: (name: string) => `the environment's ${name} holds all the same, until it is unset`,
  mended: (ids: string) => `fixed: ${ids}`,
  found: (faults: number, warnings: number) =>
    faults + warnings === 0
      ? 'all is well'
      : [faults > 0 ? counted(faults, 'fault') : '', warnings > 0 ? counted(warnings, 'warning') : '']
          .filter((part) => part !== '')
          .join(', '),
};

export type ConfigWords = typeof configWords;
