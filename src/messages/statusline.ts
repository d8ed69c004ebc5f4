/** The words of Claude Code's status line, and of putting it there. */
import type { Language } from './messages.ts';

const en = {
  noGateway: 'qcc: no gateway - run: qcc proxy start',
  used: (window: string, percent: number) => `${window} ${percent}%`,
  failedOver: (from: string, ago: string) => `failed over from ${from} ${ago} ago`,
  waiting: (count: number) => `${count} waiting`,
  isPut: (file: string) => `Claude Code shows qcc in its status line: ${file}`,
  isThere: (file: string) => `${file} runs qcc statusline already, and was left as it is`,
};

export type StatusLineWords = typeof en;

const zh: StatusLineWords = {
  noGateway: 'qcc：网关未运行 - 请运行：qcc proxy start',
  used: (window, percent) => `${window} ${percent}%`,
  failedOver: (from, ago) => `${ago} 前由 ${from} 故障转移至此`,
  waiting: (count) => `${count} 个请求等待中`,
  isPut: (file) => `Claude Code 的状态行已显示 qcc：${file}`,
  isThere: (file) => `${file} 已在运行 qcc statusline，保持原样`,
};

export function statusLineWordsOf(language: Language): StatusLineWords {
  return language === 'zh-CN' ? zh : en;
}
