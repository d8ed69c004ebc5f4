/** Claude Code's status line, and the sentence that it is set. */

export const statusLineLines = {
  noGateway: 'qcc: the gateway is not running - run: qcc proxy start',
  used: (window: string, percent: number) => `${window} ${percent}%`,
  failedOver: (from: string, ago: string) => `failed over from ${from} ${ago} ago`,
  waiting: (count: number) => `${count} waiting`,
  isPut: (file: string) => `Claude Code shows qcc in its status line: ${file}`,
  isThere: (file: string) => `${file} runs qcc statusline already; nothing was changed`,
};

export type StatusLineWords = typeof statusLineLines;
