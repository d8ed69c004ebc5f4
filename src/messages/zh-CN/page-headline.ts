import type { HeadlineWords } from '../en/page-headline.ts';

export const headline: HeadlineWords = {
  serves: (name) => `正由 ${name} 提供服务`,
  nothingSetUp: '尚未设置端点，请运行：qcc init',
  offline: '本机没有网络',
  nothingServes: '没有可用的端点',
  state: (name, state) => `${name} ${state}`,
  backIn: (name, state, span) => `${name} ${state}，${span}后再试`,
  next: (serving, next) => `如果 ${serving} 失败，接下来是 ${next}`,
  noNext: (serving) => `如果 ${serving} 失败，就没有别的端点了`,
  separator: '；',
  end: '。',
};
