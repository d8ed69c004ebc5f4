import type { AccessLogWords } from '../en/access-log.ts';

export const accessLog: AccessLogWords = {
  served: (ms) => `用时 ${ms} ms`,
  failed: (ms) => `失败，用时 ${ms} ms`,
  cancelled: (ms) => `客户端在 ${ms} ms 后断开`,
  broken: (ms) => `应答在 ${ms} ms 后中断`,
  attempts: (count) => `尝试 ${count} 次`,
  separator: '，',
  empty: '日志中没有请求',
};
