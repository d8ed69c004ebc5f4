/** The same set-up on two machines. */
import type { SyncWords } from '../en/sync.ts';

export const sync: SyncWords = {
  ready: (folder, keys) => `本机使用文件夹 ${folder}；密钥${keys ? '用口令加密后放入' : '留在本机'}`,
  askOther: (folder) => `本机目前与 ${folder} 同步。要改用另一个吗？`,
  nothingToPush: '自上次推送或拉取以来，本机没有更改',
  pushed: (changes, folder) => `已推送到 ${folder}：${changes} 处更改`,
  nothingToPull: '该文件夹中没有新的更改',
  askPull: (changes) => `要在本机作这 ${changes} 处更改吗？`,
  oneSide: '--ours 和 --theirs 不能同时使用',
  pulled: (changes, folder) => `已从 ${folder} 拉取：${changes} 处更改`,
  withKeys: '或连同密钥一起（用口令加密）：第一行在有密钥的机器上执行，第二行在本机执行',
  isAt: (folder, keys) => `${folder}，${keys ? '包含用口令加密的密钥' : '不含密钥'}`,
  here: (changes) => `本机已更改、尚未推送：${changes}`,
  there: (changes) => `对方已更改、尚未拉取：${changes}`,
  upToDate: '该文件夹中没有新的更改',
};
