/** The history in Chinese: what its screens say, and what they tell of facts. */
import type { StoryWords } from '../en/story-words.ts';
import { timers, told } from './told.ts';
import { whatIf } from './what-if.ts';

const lines: StoryWords['lines'] = {
  servedAlike: (count, endpoint, until, ms) => `${count} 个请求由 ${endpoint} 应答，至 ${until}，半数在 ${ms} ms 内`,
  moreLike: (count, shown, until) => `……与 ${shown} 相似的还有 ${count} 次，至 ${until}`,
  nothingChanged: '没有变化',
  whyNot: (rule, failure) => (failure === null ? rule : `${rule}（${failure}）`),
  believes: (until, belief) => `至 ${until}：${belief}`,
  beliefs: { observed: 'qcc 实测', advertised: '端点告知，会提前探测', inferred: '根据以往情况估计' },
  strikes: (count) => `连续失败：${count}`,
  lastError: (error) => `最近错误：${error}`,
  countsNot: (until) => `不支持计算 token，${until} 之后再试`,
  tooLarge: (size, until) => `拒绝 ${size} 及以上的请求，${until} 之后再试`,
  lacks: (model, until) => `端点称没有 ${model}，${until} 之后再试`,
  goesIn: (state, span) => `→ ${span} 后${state}`,
  ...told.moves,
  timers,
  sentAs: (rule, model) => `${rule}；请求的模型名为 ${model}`,
  candidates: (view) => `候选端点，#${view} 时的状态`,
  madeSo: (what) => `${what}${what.endsWith('）') ? '' : ' '}处于此状态的原因`,
  itsFacts: '请求的经过及其后果',
  switchesAround: '前后不久的切换',
  running: (count) => `进行中的请求：${count}`,
  permitTaken: '试探请求正在进行',
  budget: (left, most) => `重试预算：还可额外尝试 ${left} 次，上限 ${most} 次`,
  lastFacts: '最近的事实',
  quits: '按 q 退出',
  more: (count) => `……还有 ${count} 行`,
  unreached: (why) => `无法取得：${why}`,
  needsTerminal: '--watch 需要终端；输出到管道时请用 --json',
};

const capsule: StoryWords['capsule'] = {
  pageWritten: (file, facts) =>
    `${file}：${facts} 条事实，不含密钥、提示词、会话和路径；任何浏览器都能打开，无需 qcc，也无需网络`,
  written: (file, facts) =>
    `${file}：${facts} 条事实，不含密钥、提示词、会话和路径；可用 qcc history explain … --from-log ${file} 查询`,
};

export const zh: StoryWords = { ...told, lines, capsule, whatIf };
