import type { RemoteWords } from '../en/remote.ts';

export const remote: RemoteWords = {
  needsToken: '使用其他机器上的网关需要访问令牌',
  noTokenOnStdin: '标准输入中没有访问令牌',
  askToken: '访问令牌（在网关所在机器上用 qcc token add 创建）',
  used: (url) => `qcc 将使用网关 ${url}`,
  answers: (url) => `${url} 可用，访问令牌有效`,
  start: '启动 Claude Code',
  noneUsed: '没有使用其他机器的网关',
  ended: (url) => `不再使用 ${url}`,
  exportCa: 'Claude Code 在启动时读取它，因此还需要在 shell 中设置：',
};
