/** The errors of `qcc sync` in English. */
import type { ErrorCode, ErrorWords, SyncFault } from './params.ts';

const wrong: Readonly<Record<SyncFault, string>> = {
  changed: 'its bytes are not those that were written',
  conflict: 'git has merged two pushes, and left a conflict in it',
  form: 'it is not in the form of qcc sync',
  large: 'it is too large',
  local: 'it is not as this home has written it',
  missing: 'it is not there',
  newer: 'a newer qcc has written it',
  notPlain: 'it is a link, or no plain file',
  parent: 'it does not follow the one before it',
  stranger: 'it belongs to another store',
  stray: 'it is none of qcc: a copy that the drive has made of a conflict, perhaps',
};

// No other copy of it is known here, and nothing in a store is ever written twice.
const elsewhere = (path: string) =>
  `bring back what it was (ls -l ${path}), or begin in an empty folder: qcc sync init FOLDER`;

const mended: Partial<Record<SyncFault, (path: string) => string>> = {
  conflict: (path) =>
    `git checkout --theirs ${path}, then git add and git commit in its folder: qcc sync pull merges what either side has changed`,
  local: (path) => `rm ${path}, then: qcc sync init FOLDER`,
  missing: () => 'bring it back: is the drive there? Or begin in an empty folder: qcc sync init FOLDER',
  newer: () => 'install as new a qcc here: qcc --version',
  stray: (path) => `compare it with its neighbours, then move it out of the folder: ls -l ${path}`,
};

export const syncErrorsEn: Pick<ErrorWords, Extract<ErrorCode, `QCC_SYNC_${string}`>> = {
  QCC_SYNC_BEHIND: {
    message: ({ count }) =>
      `not pushed: the folder has ${count} ${count === 1 ? 'change' : 'changes'} that this machine has not pulled`,
    hint: () => 'qcc sync pull',
  },
  QCC_SYNC_CONFLICTS: {
    message: ({ count, paths }) =>
      `not pulled: both have changed the same, in ${count === 1 ? 'one place' : `${count} places`}: ${paths}`,
    hint: () => 'qcc sync pull --ours, or qcc sync pull --theirs',
  },
  QCC_SYNC_DAMAGED: {
    message: ({ path, fault }) => `${path} cannot be used: ${wrong[fault] ?? fault}`,
    hint: ({ typed, fault }) => (mended[fault] ?? elsewhere)(String(typed)),
  },
  QCC_SYNC_FOLDER: {
    message: ({ folder, code }) => `${folder} cannot be reached (${code}); nothing was changed`,
    hint: ({ folder }) => `ls -ld ${folder}`,
  },
  QCC_SYNC_KEYS: {
    message: ({ folder }) => `not pushed: ${folder} holds keys, and a push without them would leave them out`,
    hint: ({ folder }) => `qcc sync init ${folder} --with-keys`,
  },
  QCC_SYNC_NONE: {
    message: () => 'this installation syncs with no folder',
    hint: () => 'qcc sync init FOLDER',
  },
  QCC_SYNC_OTHER: {
    message: ({ folder }) => `${folder} holds another store than the one that this installation knows`,
    hint: ({ folder }) => `qcc sync init ${folder}`,
  },
};
