/** The errors of `qcc sync` in Chinese. */
import type { ErrorParamsOf, SyncFault } from './params.ts';

type SyncCode = Extract<keyof ErrorParamsOf, `QCC_SYNC_${string}`>;

const wrong: Readonly<Record<SyncFault, string>> = {
  changed: '内容与写入时不同',
  conflict: 'git 合并了两次推送，在其中留下了冲突',
  form: '不是 qcc sync 的格式',
  large: '过大',
  local: '不是本机写入的样子',
  missing: '不存在',
  newer: '由更新版本的 qcc 写入',
  notPlain: '是链接，或不是普通文件',
  parent: '与前一个不相接',
  stranger: '属于另一个存储',
  stray: '不是 qcc 的文件，可能是同步盘生成的冲突副本',
};

const elsewhere = (path: string) => `请恢复它原来的内容（ls -l ${path}），或改用空文件夹：qcc sync init FOLDER`;

const mended: Partial<Record<SyncFault, (path: string) => string>> = {
  conflict: (path) =>
    `git checkout --theirs ${path}，再在该文件夹中 git add 并 git commit：qcc sync pull 会合并双方的更改`,
  local: (path) => `rm ${path}，然后：qcc sync init FOLDER`,
  missing: () => '请把它放回原处：磁盘是否已挂载？或改用空文件夹：qcc sync init FOLDER',
  newer: () => '请在本机安装同样新的 qcc：qcc --version',
  stray: (path) => `请与相邻文件比较，然后把它移出该文件夹：ls -l ${path}`,
};

export const syncErrorsZh: {
  readonly [Code in SyncCode]: {
    readonly message: (params: ErrorParamsOf[Code]) => string;
    readonly hint?: (params: ErrorParamsOf[Code]) => string;
  };
} = {
  QCC_SYNC_BEHIND: { message: ({ count }) => `未推送：文件夹中有 ${count} 处更改本机尚未拉取` },
  QCC_SYNC_CONFLICTS: {
    message: ({ count, paths }) => `未拉取：双方改了相同的 ${count} 处：${paths}`,
    hint: () => 'qcc sync pull --ours，或 qcc sync pull --theirs',
  },
  QCC_SYNC_DAMAGED: {
    message: ({ path, fault }) => `无法使用 ${path}：${wrong[fault] ?? fault}`,
    hint: ({ typed, fault }) => (mended[fault] ?? elsewhere)(String(typed)),
  },
  QCC_SYNC_FOLDER: { message: ({ folder, code }) => `无法访问 ${folder}（${code}）；未作任何更改` },
  QCC_SYNC_KEYS: { message: ({ folder }) => `未推送：${folder} 中有密钥，不带密钥推送会把它们丢掉` },
  QCC_SYNC_NONE: { message: () => '本机没有设置同步文件夹' },
  QCC_SYNC_OTHER: { message: ({ folder }) => `${folder} 中的存储不是本机所知的那一个` },
};
