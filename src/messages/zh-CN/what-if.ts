/** What would have been under other settings, in Chinese. */
import type { WhatIfWords } from '../en/story-words.ts';

export const whatIf: WhatIfWords = {
  asItWas: '当时的设置',
  under: (settings) => `改用 ${settings}`,
  range: (from, to, requests) => `事实 #${from} 至 #${to}，${requests} 个请求`,
  recorded: '实际',
  replayed: '推演',
  unknown: '未知',
  switches: '切换',
  failures: '失败的请求',
  attempts: '尝试',
  outages: '端点被剔除',
  moved: '换端点的会话',
  cacheLost: '因此失去的缓存（令牌）',
  timeIn: (tier) => `处于${tier}的时间`,
  tiers: { primary: '主层级', secondary: '次层级', fallback: '后备层级', none: '无层级' },
  only: { recorded: '不会发生', replayed: '会发生' },
  kinds: { failover: '故障转移', recovery: '恢复切回' },
  otherModel: (count) => `其中 ${count} 个请求未知：端点会被请求另一个模型，记录中没有它会如何应答`,
  guess: '未知：请求会发往另一个端点，它会怎样应答没有记录',
  needsValue: (given) => `--set 需要 KEY=VALUE，不能是“${given}”`,
};
