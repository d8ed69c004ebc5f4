/** What the system refuses, in Chinese. */
import type { ErrorParamsOf } from './params.ts';

type DiskCode = 'QCC_DISK_FULL' | 'QCC_DISK_READONLY' | 'QCC_FILE_LIMIT' | 'QCC_LOG_SUSPENDED';

function refusedText({ isLog, dir }: ErrorParamsOf['QCC_DISK_FULL']): string {
  return isLog ? `无法打开 ${dir} 中的日志` : `无法写入 ${dir}`;
}

const raiseLimit = '提高文件大小的上限（ulimit -f unlimited），然后运行：qcc proxy restart';
const freeSpace = '释放磁盘空间，然后运行：qcc proxy status';

export const diskErrorsZh: {
  readonly [Code in DiskCode]: {
    readonly message: (params: ErrorParamsOf[Code]) => string;
    readonly hint: (params: ErrorParamsOf[Code]) => string;
  };
} = {
  QCC_DISK_FULL: {
    message: (refused) => `${refusedText(refused)}：磁盘已满`,
    hint: ({ folder }) => `请释放磁盘空间后重试：df -h ${folder}`,
  },
  QCC_DISK_READONLY: {
    message: (refused) => `${refusedText(refused)}：磁盘只读`,
    hint: ({ folder }) => `请以可写方式重新挂载后重试：findmnt -T ${folder}`,
  },
  QCC_FILE_LIMIT: {
    message: (refused) => `${refusedText(refused)}：系统不允许这么大的文件`,
    hint: () => '请提高上限后重试：ulimit -f unlimited',
  },
  QCC_LOG_SUSPENDED: {
    message: () => '日志当前无法写入',
    hint: ({ why }) => `请${why === 'EFBIG' ? raiseLimit : freeSpace}`,
  },
};
