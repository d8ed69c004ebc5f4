/** The words of what happened: facts as sentences, failures, the rules of routing, and what comes next. */
import type { ConfigFact, SettingValue } from '../../events/config.ts';
import type { EndpointFact } from '../../events/endpoint.ts';
import type { GatewayFact } from '../../events/gateway.ts';
import type { PriorityFact } from '../../events/priority.ts';
import type { ProfileFact } from '../../events/profile.ts';
import type { QueueFact } from '../../events/queue.ts';
import type { RequestFact } from '../../events/request.ts';
import type { NextRule } from '../../machines/moment.ts';
import { shortSpan } from './times.ts';
import type { Language } from './words.ts';

type AnyFact = ConfigFact | EndpointFact | GatewayFact | PriorityFact | ProfileFact | QueueFact | RequestFact;

/** What a sentence may need besides the fact. */
export interface Telling {
  /** What an endpoint is called. */
  readonly name: (endpoint: string) => string;
  /** Of the fact. */
  readonly at: number;
}

/** A fact that has no sentence here is told by its fields. */
type Sentences = {
  readonly [Type in AnyFact['type']]?: (data: Extract<AnyFact, { type: Type }>['data'], telling: Telling) => string;
};

export interface StoryWords {
  readonly sentences: Sentences;
  /** Failures, and what else an endpoint can be in its state for. */
  readonly failures: Readonly<Record<string, string>>;
  /** Why an endpoint was taken, or left out. */
  readonly rules: Readonly<Record<string, string>>;
  readonly next: Readonly<Record<NextRule, (params: Readonly<Record<string, string | number>>) => string>>;
  readonly lines: LineWords;
  readonly whatIf: WhatIfWords;
  readonly capsule: { readonly written: (file: string, facts: number) => string };
}

interface LineWords {
  readonly servedAlike: (count: number, endpoint: string, until: string, ms: number) => string;
  readonly nothingChanged: string;
  readonly whyNot: string;
  readonly believes: (until: string, belief: string) => string;
  readonly beliefs: Readonly<Record<string, string>>;
  readonly strikes: (count: number) => string;
  readonly lastError: string;
  readonly inSpan: (span: string) => string;
  /** Its instant has passed, and no gateway has looked. */
  readonly due: string;
  readonly candidates: (view: number) => string;
  readonly madeSo: (what: string) => string;
  readonly itsFacts: string;
  readonly switchesAround: string;
}

interface WhatIfWords {
  readonly asItWas: string;
  readonly under: (settings: string) => string;
  readonly range: (from: number, to: number, requests: number) => string;
  readonly recorded: string;
  readonly replayed: string;
  readonly unknown: string;
  readonly switches: string;
  readonly failures: string;
  readonly attempts: string;
  readonly outages: string;
  readonly moved: string;
  readonly cacheLost: string;
  readonly timeIn: (tier: string) => string;
  readonly tiers: Readonly<Record<string, string>>;
  readonly only: Readonly<Record<'recorded' | 'replayed', string>>;
  readonly kinds: Readonly<Record<'failover' | 'recovery', string>>;
  readonly guess: string;
  readonly needsValue: (given: string) => string;
}

const value = (one: SettingValue | null, otherwise: string) => (one === null ? otherwise : JSON.stringify(one));
const span = (until: number | null, at: number) => (until === null ? '' : shortSpan(until - at));
const percent = (share: number) => `${Math.round(share * 100)} %`;

const abandonedEn = {
  gatewayDied: 'the gateway died',
  gatewayStopped: 'the gateway stopped',
  clientLeft: 'its client left',
  workerLost: 'the worker was lost',
  fault: 'a fault of the gateway itself',
};
const diedEn = {
  retriesUsedUp: 'its retries are used up',
  refused: 'it is refused for what it is',
  expired: 'its time is up',
  bodyLost: 'what was kept of it cannot be read',
};
const forgottenEn = { expired: 'its time is up', cleared: 'cleared', room: 'others need its room' };

const en: StoryWords = {
  lines: {
    servedAlike: (count, endpoint, until, ms) =>
      `${count} requests answered by ${endpoint} until ${until}, half of them within ${ms} ms`,
    nothingChanged: 'nothing changed',
    whyNot: 'takes nothing, or less:',
    believes: (until, belief) => `until ${until}: ${belief}`,
    beliefs: {
      observed: 'seen by qcc',
      advertised: 'told by the endpoint, and probed sooner',
      inferred: 'guessed from its past',
    },
    strikes: (count) => `strikes in a row: ${count}`,
    lastError: 'last error:',
    inSpan: (span) => `in ${span}`,
    due: 'when the gateway looks next',
    candidates: (view) => `candidates, as they stood at #${view}`,
    madeSo: (what) => `what made ${what} so`,
    itsFacts: 'what it did',
    switchesAround: 'switches around it',
  },
  capsule: {
    written: (file, facts) =>
      `${file}: ${facts} facts, without keys, prompts, sessions and paths; qcc history explain … --from-log ${file} asks it`,
  },
  whatIf: {
    asItWas: 'the settings as they were',
    under: (settings) => `with ${settings}`,
    range: (from, to, requests) => `facts #${from} to #${to}, ${requests} requests`,
    recorded: 'recorded',
    replayed: 'replayed',
    unknown: 'unknown',
    switches: 'switches',
    failures: 'requests that failed',
    attempts: 'attempts',
    outages: 'endpoints put out',
    moved: 'sessions that moved',
    cacheLost: 'cache lost by that, tokens',
    timeIn: (tier) => `time in ${tier}`,
    tiers: { primary: 'primary', secondary: 'secondary', fallback: 'fallback', none: 'no tier' },
    only: { recorded: 'would not have been', replayed: 'would have been' },
    kinds: { failover: 'failover', recovery: 'recovery' },
    guess: 'Unknown: an endpoint would have been asked that was not. What it would have said is not guessed.',
    needsValue: (given) => `--set takes KEY=VALUE, not "${given}"`,
  },
  failures: {
    unreachable: 'cannot be reached',
    certificate: 'its certificate is no good',
    timeout: 'no answer in time',
    serverError: 'server error',
    overloaded: 'overloaded',
    quota: 'quota used up',
    rateLimited: 'rate limited',
    credential: 'key refused',
    billing: 'billing problem',
    noModel: 'does not have the model',
    misconfigured: 'wrong address',
    badAnswer: 'no valid answer',
    brokenAnswer: 'broke off its answer',
    slow: 'slow against its own past',
    limitsWarning: 'its limits warn',
    answered: 'answered',
    cancelled: 'the client went away',
  },
  rules: {
    sticky: 'its session is there',
    trial: 'one request at a time finds out whether it is well',
    ramp: 'on its way back, with a part of its share',
    weighted: 'drawn by weight',
    'round-robin': 'its turn',
    'least-connections': 'the fewest requests',
    failover: 'first in order',
    degraded: 'degraded: no new session while a healthy one is there',
    reserve: 'recovering: only when no other is left',
    sibling: 'last: its provider is overloaded',
    avoided: 'last: it broke this session before',
    lastResort: 'the least bad one, since none is usable',
    notNeeded: 'not needed',
    disabled: 'disabled by hand',
    held: 'out until its key or address changes, or a probe passes',
    out: 'out until its time is up',
    paused: 'asked to be left alone',
  },
  next: {
    firstStrike: () => 'a first failure is watched, and a limit is waited out',
    strikesLeft: ({ left }) => `${left} more strikes in a row put it out`,
    pauseOver: ({ failure }) => `it asked to be left alone (${en.failures[String(failure)] ?? failure})`,
    limitsReset: () => 'its limits have warned, and are reset then',
    quiet: () => 'no new failure until then',
    successesLeft: ({ left }) => `${left} successes in a row`,
    outOver: ({ failure, times }) =>
      `it is out (${en.failures[String(failure)] ?? failure}), for the ${times}. time in a row`,
    success: () => 'a probe or a last try that succeeds',
    newKey: () => 'what it was held for is gone then',
    ramp: ({ percent: share }) => `it has ${share} % of its share`,
    trialsLeft: ({ left }) => `${left} trials must succeed`,
    oneFailure: () => 'one failure and it is out again',
    byHand: () => 'it was disabled by hand: qcc endpoint enable',
    recovery: ({ profile, checks, needed }) =>
      `${profile} is usable again: ${checks} of ${needed} good checks, and its delay`,
    heldBack: ({ profile, because }) => `the switch to ${profile} is held back: ${heldEn[String(because)] ?? because}`,
    anyBack: () => 'no endpoint of any profile is usable',
    reportsLeft: ({ profile, left }) => `${left} more reports of ${profile} without a usable endpoint`,
    retriesLeft: ({ tries, most }) => `${tries} of ${most} retries are made; or sooner, when an endpoint comes back`,
    answerAwaited: () => 'it was sent, and its answer is awaited',
    maybeBilled: () => 'it was sent and cut off, and may have been billed: its client or qcc queue retry asks again',
    retriesUsedUp: () => 'it was given up: qcc queue retry',
    expiry: () => 'its time is up then',
  },
  sentences: {
    RequestQueued: ({ priority, because }) => `kept in the queue, priority ${priority}: ${because}`,
    RetryStarted: ({ attempt, endpoint }, { name }) => `attempt ${attempt}, at ${name(endpoint)}`,
    RetryAnswered: ({ status }) => `answers with ${status}`,
    RetrySucceeded: ({ bytes }) => `answered, ${bytes} bytes kept`,
    RetryFailed: ({ failure, delayMs, retryable }) =>
      `${failure === null ? 'refused' : (en.failures[failure] ?? failure)}${retryable ? `; again in ${shortSpan(delayMs)} or when an endpoint comes back` : ''}`,
    RetryAbandoned: ({ because }) => `cut off (${abandonedEn[because]}): it may have been billed`,
    RetryAsked: ({ by }) => `${by === 'user' ? 'you ask' : 'its client asks'} for another try`,
    AnswerCollected: ({ by }) => `its answer goes to request ${by}`,
    QueuedRequestDied: ({ because }) => `given up: ${diedEn[because]}`,
    QueuedRequestCancelled: () => 'cleared',
    QueuedRequestForgotten: ({ because }) => `forgotten: ${forgottenEn[because]}`,
    SettingChanged: ({ key, from, to }) => `${key}: ${value(from, '-')} → ${value(to, 'default')}`,
    ProfileAdded: () => 'added',
    ProfileRemoved: () => 'removed',
    ProfileMadeDefault: () => 'is the default now',
    TierAssigned: ({ tier }) => (tier === null ? 'left the ladder' : `stands on the ladder: ${tier}`),
    EndpointAdded: ({ name, baseUrl, weight, priority }) =>
      `endpoint ${name} added: ${baseUrl}, weight ${weight}, priority ${priority}`,
    EndpointChanged: ({ endpoint, changes }, { name }) =>
      `endpoint ${name(endpoint)} changed: ${Object.keys(changes).join(', ')}`,
    EndpointRemoved: ({ endpoint }, { name }) => `endpoint ${name(endpoint)} removed`,
    AttemptFailed: ({ failure, status, detail }) => `failed: ${failed(en, failure, status, detail)}`,
    AttemptSucceeded: ({ ttfbMs }) => `answered, first byte after ${ttfbMs} ms`,
    ProbeSucceeded: ({ responseMs, score }) => `probe passed in ${Math.round(responseMs)} ms, score ${score}`,
    ProbeFailed: ({ failure, detail }) => `probe failed: ${failed(en, failure, null, detail)}`,
    LimitsSeen: ({ resetAt }, { at }) => `its limits warn${resetAt === null ? '' : `; reset in ${span(resetAt, at)}`}`,
    EndpointEnabled: () => 'enabled',
    EndpointDisabled: () => 'disabled',
    EndpointReset: () => 'reset by hand',
    KeyChanged: () => 'has a new key or address',
    EndpointDegraded: ({ because }) => `degraded: ${en.failures[because] ?? because}`,
    EndpointPaused: ({ because, until, belief }, { at }) =>
      `paused for ${span(until, at)}: ${en.failures[because] ?? because} (${belief})`,
    EndpointFailed: ({ because, until, belief, held }, { at }) =>
      `out for ${span(until, at)}${held ? ', or until its key or address changes' : ''}: ${en.failures[because] ?? because} (${belief})`,
    EndpointRecovering: ({ ramp }) =>
      ramp > 0 ? `recovering with ${percent(ramp)} of its share` : 'recovering by trials',
    EndpointRecovered: () => 'healthy again',
    WeightAdjusted: ({ from, to }) => `weight ${from} → ${to}`,
    ActiveChosen: ({ profile }) => (profile === null ? 'no profile is active' : `${profile} is active`),
    FailedOver: ({ from, to, because }) => `failover ${from} → ${to}: ${because}`,
    Recovered: ({ from, to, because }) => `recovery ${from} → ${to}: ${because}`,
    SwitchedByHand: ({ from, to, reason }) =>
      `switched by hand ${from ?? '-'} → ${to}${reason === '' ? '' : `: ${reason}`}`,
    PinReleased: ({ because }) => `the pin is released: ${because}`,
    SwitchHeldBack: ({ wanted, because, until }, { at }) =>
      `the switch to ${wanted} is held back${until === null ? '' : ` for ${span(until, at)}`}: ${heldEn[because]}`,
    ActiveDoubted: ({ profile, reports }) => `${profile} had no usable endpoint, report ${reports} in a row`,
    ActiveTrusted: ({ profile }) => `${profile} has a usable endpoint again`,
    RecoveryBegun: ({ profile }) => `${profile} is usable again, and is watched`,
    RecoveryChecked: ({ profile, checks }) => `${profile} passed check ${checks}`,
    RecoveryStopped: ({ profile, because }) => `${profile} is not watched any more: ${because}`,
    LadderDegraded: ({ because }) => `the ladder is degraded: ${because}`,
    LadderHealthy: () => 'the ladder is healthy',
    AllOut: ({ because }) => `all out: ${because}`,
    BackInService: ({ to }) => `back in service with ${to}`,
    TimerElapsed: ({ name }) => `time is up: ${name}`,
    RequestServed: ({ endpoint, status, attempts, durationMs }, { name }) =>
      `${status} from ${name(endpoint)} in ${durationMs} ms${attempts.length > 1 ? `, ${attempts.length} attempts` : ''}`,
    RequestFailed: ({ status, attempts, because }) =>
      `${status} after ${attempts.length} attempt${attempts.length === 1 ? '' : 's'}: ${because}`,
    RequestCancelled: ({ durationMs }) => `the client went away after ${durationMs} ms`,
    AnswerBroken: ({ endpoint }, { name }) => `${name(endpoint)} broke off its answer; the client's connection was cut`,
    GatewayStarted: ({ version, url, pid }) => `started: ${url}, version ${version}, pid ${pid}`,
    GatewayStopped: () => 'stopped',
    GatewayFoundDead: () => 'the one before had ended without a word',
    LogSalvaged: ({ kept }) => `the log was repaired; the original is ${kept}`,
    Offline: () => 'this machine is offline; nobody is blamed',
    Online: () => 'online again',
    Slept: ({ forMs }) => `this machine slept for ${shortSpan(forMs)}`,
  },
};

const heldEn: Readonly<Record<string, string>> = {
  cooldown: 'the last switch is too recent (failover.cooldown)',
  hourlyLimit: 'too many in this hour (failover.max_per_hour)',
  off: 'failover.auto is off',
};

const heldZh: Readonly<Record<string, string>> = {
  cooldown: '距上次切换太近（failover.cooldown）',
  hourlyLimit: '本小时切换次数已达上限（failover.max_per_hour）',
  off: 'failover.auto 已关闭',
};

function failed(words: StoryWords, failure: string, status: number | null, detail: string | null): string {
  const what = words.failures[failure] ?? failure;
  const more = detail ?? (status === null ? '' : String(status));
  return more === '' ? what : `${what} (${more})`;
}

const abandonedZh = {
  gatewayDied: '网关意外结束',
  gatewayStopped: '网关停止',
  clientLeft: '客户端离开',
  workerLost: '工作线程丢失',
  fault: '网关自身的故障',
};
const diedZh = {
  retriesUsedUp: '重试次数用尽',
  refused: '请求本身被拒绝',
  expired: '已到期',
  bodyLost: '保存的内容无法读取',
};
const forgottenZh = { expired: '已到期', cleared: '已清除', room: '为其他请求腾出空间' };

const zh: StoryWords = {
  lines: {
    servedAlike: (count, endpoint, until, ms) => `${count} 个请求由 ${endpoint} 应答，至 ${until}，半数在 ${ms} ms 内`,
    nothingChanged: '没有变化',
    whyNot: '不接或少接请求：',
    believes: (until, belief) => `至 ${until}：${belief}`,
    beliefs: { observed: 'qcc 实测', advertised: '端点告知，会提前探测', inferred: '按以往推断' },
    strikes: (count) => `连续失败：${count}`,
    lastError: '最近错误：',
    inSpan: (span) => `${span} 后`,
    due: '网关下次检查时',
    candidates: (view) => `候选端点，#${view} 时的状态`,
    madeSo: (what) => `${what} 何以如此`,
    itsFacts: '它的经过',
    switchesAround: '前后的切换',
  },
  capsule: {
    written: (file, facts) =>
      `${file}：${facts} 条事实，不含密钥、提示词、会话和路径；可用 qcc history explain … --from-log ${file} 查询`,
  },
  whatIf: {
    asItWas: '当时的设置',
    under: (settings) => `改用 ${settings}`,
    range: (from, to, requests) => `事实 #${from} 至 #${to}，${requests} 个请求`,
    recorded: '记录',
    replayed: '重演',
    unknown: '未知',
    switches: '切换',
    failures: '失败的请求',
    attempts: '尝试',
    outages: '端点被停用',
    moved: '换端点的会话',
    cacheLost: '因此失去的缓存（令牌）',
    timeIn: (tier) => `处于${tier}的时间`,
    tiers: { primary: '主层级', secondary: '次层级', fallback: '后备层级', none: '无层级' },
    only: { recorded: '不会发生', replayed: '会发生' },
    kinds: { failover: '故障切换', recovery: '恢复切回' },
    guess: '未知：会去问当时没有问过的端点；它会怎样应答，不作猜测。',
    needsValue: (given) => `--set 需要 KEY=VALUE，不能是 "${given}"`,
  },
  failures: {
    unreachable: '连接不上',
    certificate: '证书无效',
    timeout: '超时',
    serverError: '服务器错误',
    overloaded: '过载',
    quota: '配额用尽',
    rateLimited: '被限流',
    credential: '密钥被拒',
    billing: '账单问题',
    noModel: '没有该模型',
    misconfigured: '地址有误',
    badAnswer: '应答无效',
    brokenAnswer: '应答中断',
    slow: '比平时慢',
    limitsWarning: '额度预警',
    answered: '已应答',
    cancelled: '客户端离开',
  },
  rules: {
    sticky: '会话在此端点',
    trial: '恢复中：每次放行一个请求试探',
    ramp: '恢复中：只承担部分流量',
    weighted: '按权重选中',
    'round-robin': '轮到它',
    'least-connections': '请求最少',
    failover: '顺序第一',
    degraded: '降级：有健康端点时不接新会话',
    reserve: '恢复中：别无选择时才用',
    sibling: '排在最后：同一供应商过载',
    avoided: '排在最后：刚中断过此会话',
    lastResort: '无可用端点，取最不坏的一个',
    notNeeded: '不需要',
    disabled: '已手动停用',
    held: '停用，直到更换密钥或地址，或探测通过',
    out: '停用，到时再试',
    paused: '对方要求暂停',
  },
  next: {
    firstStrike: () => '首次失败后观察；遇到限流则等待',
    strikesLeft: ({ left }) => `再连续失败 ${left} 次则停用`,
    pauseOver: ({ failure }) => `对方要求暂停（${zh.failures[String(failure)] ?? failure}）`,
    limitsReset: () => '额度预警，届时重置',
    quiet: () => '此前没有新的失败',
    successesLeft: ({ left }) => `连续成功 ${left} 次`,
    outOver: ({ failure, times }) => `停用中（${zh.failures[String(failure)] ?? failure}），连续第 ${times} 次`,
    success: () => '探测或最后尝试成功',
    newKey: () => '停用的原因随之消失',
    ramp: ({ percent: share }) => `承担其份额的 ${share} %`,
    trialsLeft: ({ left }) => `还需 ${left} 次试探成功`,
    oneFailure: () => '一次失败就再次停用',
    byHand: () => '已手动停用：qcc endpoint enable',
    recovery: ({ profile, checks, needed }) => `${profile} 重新可用：检查通过 ${checks}/${needed}，并等待延时`,
    heldBack: ({ profile, because }) => `暂缓切换到 ${profile}：${heldZh[String(because)] ?? because}`,
    anyBack: () => '所有配置都没有可用端点',
    reportsLeft: ({ profile, left }) => `${profile} 再报告 ${left} 次无可用端点`,
    retriesLeft: ({ tries, most }) => `已重试 ${tries}/${most} 次；有端点恢复时提前`,
    answerAwaited: () => '已发出，等待应答',
    maybeBilled: () => '已发出但被中断，可能已计费：由其客户端或 qcc queue retry 再次要求',
    retriesUsedUp: () => '已放弃：qcc queue retry',
    expiry: () => '届时到期',
  },
  sentences: {
    RequestQueued: ({ priority, because }) => `已入队，优先级 ${priority}：${because}`,
    RetryStarted: ({ attempt, endpoint }, { name }) => `第 ${attempt} 次尝试，发往 ${name(endpoint)}`,
    RetryAnswered: ({ status }) => `应答状态 ${status}`,
    RetrySucceeded: ({ bytes }) => `已应答，保存 ${bytes} 字节`,
    RetryFailed: ({ failure, delayMs, retryable }) =>
      `${failure === null ? '被拒绝' : (zh.failures[failure] ?? failure)}${retryable ? `；${shortSpan(delayMs)} 后或有端点恢复时重试` : ''}`,
    RetryAbandoned: ({ because }) => `已中断（${abandonedZh[because]}）：可能已计费`,
    RetryAsked: ({ by }) => `${by === 'user' ? '您' : '其客户端'}要求再试`,
    AnswerCollected: ({ by }) => `应答交给请求 ${by}`,
    QueuedRequestDied: ({ because }) => `已放弃：${diedZh[because]}`,
    QueuedRequestCancelled: () => '已清除',
    QueuedRequestForgotten: ({ because }) => `已忘记：${forgottenZh[because]}`,
    SettingChanged: ({ key, from, to }) => `设置 ${key}：${value(from, '-')} → ${value(to, '默认')}`,
    ProfileAdded: () => '已添加配置',
    ProfileRemoved: () => '已删除配置',
    ProfileMadeDefault: () => '设为默认',
    TierAssigned: ({ tier }) => (tier === null ? '移出层级' : `所在层级：${tier}`),
    EndpointAdded: ({ name, baseUrl, weight, priority }) =>
      `添加端点 ${name}：${baseUrl}，权重 ${weight}，优先级 ${priority}`,
    EndpointChanged: ({ endpoint, changes }, { name }) =>
      `修改端点 ${name(endpoint)}：${Object.keys(changes).join('、')}`,
    EndpointRemoved: ({ endpoint }, { name }) => `删除端点 ${name(endpoint)}`,
    AttemptFailed: ({ failure, status, detail }) => `失败：${failed(zh, failure, status, detail)}`,
    AttemptSucceeded: ({ ttfbMs }) => `已应答，首字节 ${ttfbMs} ms`,
    ProbeSucceeded: ({ responseMs, score }) => `探测通过，用时 ${Math.round(responseMs)} ms，评分 ${score}`,
    ProbeFailed: ({ failure, detail }) => `探测失败：${failed(zh, failure, null, detail)}`,
    LimitsSeen: ({ resetAt }, { at }) => `额度预警${resetAt === null ? '' : `；${span(resetAt, at)} 后重置`}`,
    EndpointEnabled: () => '已启用',
    EndpointDisabled: () => '已停用',
    EndpointReset: () => '已手动重置',
    KeyChanged: () => '已更换密钥或地址',
    EndpointDegraded: ({ because }) => `降级：${zh.failures[because] ?? because}`,
    EndpointPaused: ({ because, until, belief }, { at }) =>
      `暂停 ${span(until, at)}：${zh.failures[because] ?? because}（${beliefZh[belief]}）`,
    EndpointFailed: ({ because, until, belief, held }, { at }) =>
      `停用 ${span(until, at)}${held ? '，或直到更换密钥或地址' : ''}：${zh.failures[because] ?? because}（${beliefZh[belief]}）`,
    EndpointRecovering: ({ ramp }) => (ramp > 0 ? `恢复中，承担份额的 ${percent(ramp)}` : '恢复中，逐个试探'),
    EndpointRecovered: () => '恢复健康',
    WeightAdjusted: ({ from, to }) => `权重 ${from} → ${to}`,
    ActiveChosen: ({ profile }) => (profile === null ? '没有当前配置' : `当前配置：${profile}`),
    FailedOver: ({ from, to, because }) => `故障切换 ${from} → ${to}：${because}`,
    Recovered: ({ from, to, because }) => `恢复切回 ${from} → ${to}：${because}`,
    SwitchedByHand: ({ from, to, reason }) => `手动切换 ${from ?? '-'} → ${to}${reason === '' ? '' : `：${reason}`}`,
    PinReleased: ({ because }) => `解除固定：${because}`,
    SwitchHeldBack: ({ wanted, because, until }, { at }) =>
      `暂缓切换到 ${wanted}${until === null ? '' : `，等待 ${span(until, at)}`}：${heldZh[because]}`,
    ActiveDoubted: ({ profile, reports }) => `${profile} 无可用端点，连续第 ${reports} 次`,
    ActiveTrusted: ({ profile }) => `${profile} 又有可用端点`,
    RecoveryBegun: ({ profile }) => `${profile} 重新可用，开始观察`,
    RecoveryChecked: ({ profile, checks }) => `${profile} 通过第 ${checks} 次检查`,
    RecoveryStopped: ({ profile, because }) => `停止观察 ${profile}：${because}`,
    LadderDegraded: ({ because }) => `层级降级：${because}`,
    LadderHealthy: () => '层级健康',
    AllOut: ({ because }) => `全部不可用：${because}`,
    BackInService: ({ to }) => `由 ${to} 恢复服务`,
    TimerElapsed: ({ name }) => `时间到：${name}`,
    RequestServed: ({ endpoint, status, attempts, durationMs }, { name }) =>
      `${name(endpoint)} 应答 ${status}，用时 ${durationMs} ms${attempts.length > 1 ? `，尝试 ${attempts.length} 次` : ''}`,
    RequestFailed: ({ status, attempts, because }) => `尝试 ${attempts.length} 次后返回 ${status}：${because}`,
    RequestCancelled: ({ durationMs }) => `客户端在 ${durationMs} ms 后离开`,
    AnswerBroken: ({ endpoint }, { name }) => `${name(endpoint)} 应答中断；已断开客户端连接`,
    GatewayStarted: ({ version, url, pid }) => `已启动：${url}，版本 ${version}，pid ${pid}`,
    GatewayStopped: () => '已停止',
    GatewayFoundDead: () => '前一个网关意外终止',
    LogSalvaged: ({ kept }) => `日志已修复；原件在 ${kept}`,
    Offline: () => '本机离线；不归咎任何端点',
    Online: () => '恢复在线',
    Slept: ({ forMs }) => `本机休眠 ${shortSpan(forMs)}`,
  },
};

const beliefZh: Readonly<Record<string, string>> = { observed: '实测', advertised: '对方告知', inferred: '推断' };

export function storyWordsOf(language: Language): StoryWords {
  return language === 'zh-CN' ? zh : en;
}
