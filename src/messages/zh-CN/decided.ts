import type { DecidedWords } from '../en/decided.ts';

export const decided: DecidedWords = {
  answered: (name, rule) => `由 ${name} 应答：${rule}`,
  moved: (failed, name, rule) => `${failed}；因此改由 ${name} 应答：${rule}`,
  next: '顺序中的下一个',
  failed: (failed) => `请求失败：${failed}`,
  noneAsked: (why) => `请求失败，没有尝试任何端点：${why}`,
  broken: (name, rule) => `${name} 在回答已部分送出后中断，此后不能再换端点；选用它的原因：${rule}`,
  cancelled: (name) => (name === null ? '客户端在尝试任何端点之前离开' : `客户端在等待 ${name} 时离开`),
  failure: (failure, names) => `${failure}（${names}）`,
  byPath: (profile) => `请求路径限定了配置 ${profile}`,
  byPin: (profile, since) => `配置 ${profile} ${since === null ? '' : `于 ${since} `}被手动固定`,
  byActive: (profile) => `当时生效的配置是 ${profile}`,
  byActiveSince: (profile, since, from, reason) =>
    `当时生效的配置是 ${profile}，自 ${since} 起取代 ${from ?? '-'}：${reason}`,
  separator: '；',
  end: '。',
};
