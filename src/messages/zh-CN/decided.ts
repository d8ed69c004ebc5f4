import type { DecidedWords } from '../en/decided.ts';

export const decided: DecidedWords = {
  answered: (name, rule) => `由 ${name} 应答：${rule}`,
  moved: (failed, name, rule) => `${failed}；因此改由 ${name} 应答：${rule}`,
  next: '按顺序轮到它',
  failed: (failed) => `请求失败：${failed}`,
  noneAsked: (why) => `请求失败，未尝试任何端点：${why}`,
  out: (failed) => `当时不可用：${failed}`,
  broken: (name, rule) => `${name} 的应答送出一部分后中断，此时已不能换端点；选用它的原因：${rule}`,
  cancelled: (name) => (name === null ? '尚未尝试任何端点，客户端就已离开' : `等待 ${name} 应答时客户端离开`),
  failure: (failure, names) => `${failure}（${names}）`,
  byPath: (profile) => `请求路径限定使用配置 ${profile}`,
  byPin: (profile, since) => `配置 ${profile} ${since === null ? '' : `于 ${since} `}被手动固定`,
  byActive: (profile) => `当时的当前配置是 ${profile}`,
  byActiveSince: (profile, since, from, reason) =>
    `当时的当前配置是 ${profile}，自 ${since} 起${from === null ? '生效' : `取代 ${from}`}：${reason}`,
  separator: '；',
  end: '。',
};
