import type { RouteWords } from '../en/route.ts';

export const route: RouteWords = {
  goesTo: (name, rule) => `下一个请求将发往 ${name}：${rule}`,
  open: '也可能选用同一优先级的其他端点',
  nowhere: '现在没有端点可用',
  byPin: (profile) => `配置 ${profile} 被手动固定`,
  byActive: (profile) => `当前配置是 ${profile}`,
  until: (why, time) => `${why}，最迟 ${time}`,
  notRunning: '网关未运行：启动之前，请求得不到应答',
  separator: '；',
};
