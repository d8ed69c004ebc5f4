import type { HeadlineWords } from '../en/page-headline.ts';

export const headline: HeadlineWords = {
  serves: (names) => (names.length === 1 ? `正由 ${names[0]} 提供服务` : `${names.join('、')} 分担请求`),
  nothingSetUp: '尚未设置端点，请运行：qcc init',
  offline: '本机没有网络',
  nothingServes: '没有可用的端点',
  state: (name, state, why) => `${name} ${state}${why === '' ? '' : `（${why}）`}`,
  passedOver: '暂不使用',
  checked: (said, span) => `${said}，${span} 后检查`,
  tried: (said, span) => `${said}，${span} 后再试`,
  becomes: (said, state, span) => `${said}，${span} 后${state}`,
  next: (serving, next) => `${failing(serving)}，接下来是 ${next.join('、')}`,
  noNext: (serving) => `${failing(serving)}，就没有别的端点了`,
  separator: '；',
  end: '。',
};

function failing(names: readonly string[]): string {
  return names.length === 1 ? `如果 ${names[0]} 失败` : '如果它们都失败';
}
