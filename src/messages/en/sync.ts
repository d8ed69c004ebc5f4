/** The same set-up on two machines. */

const counted = (count: number) => `${count} change${count === 1 ? '' : 's'}`;

export const sync = {
  ready: (folder: string, keys: boolean) =>
    `${folder} is the folder of this installation; keys ${keys ? 'go there under a passphrase' : 'stay here'}`,
  askOther: (folder: string) => `This installation syncs with ${folder}. Leave it for another store?`,
  nothingToPush: 'nothing was changed here since the last push or pull',
  pushed: (changes: number, folder: string) => `pushed to ${folder}: ${counted(changes)}`,
  nothingToPull: 'nothing is new there',
  askPull: (changes: number) => `Make ${changes === 1 ? 'this change' : `these ${changes} changes`} here?`,
  oneSide: '--ours and --theirs exclude each other',
  pulled: (changes: number, folder: string) => `pulled from ${folder}: ${counted(changes)}`,
  withKeys: 'or with the keys, under a passphrase: the first line on the machine that has them, the second one here',
  isAt: (folder: string, keys: boolean) => `${folder}, ${keys ? 'with keys under a passphrase' : 'without keys'}`,
  here: (changes: number) => `changed here, and not pushed: ${changes}`,
  there: (changes: number) => `changed there, and not pulled: ${changes}`,
  upToDate: 'nothing is new there',
};

export type SyncWords = typeof sync;
