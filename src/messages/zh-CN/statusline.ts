import type { StatusLineWords } from '../en/statusline.ts';

export const statusLineLines: StatusLineWords = {
  noGateway: 'qcc：网关未运行，请运行：qcc proxy start',
  used: (window, percent) => `${window} ${percent}%`,
  failedOver: (from, ago) => `${ago} 前从 ${from} 故障转移至此`,
  waiting: (count) => `${count} 个请求等待中`,
  isPut: (file) => `Claude Code 的状态行已显示 qcc：${file}`,
  isThere: (file) => `${file} 已在运行 qcc statusline，保持原样`,
};
