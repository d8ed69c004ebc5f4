/** What facts say, why an endpoint is chosen, and what comes next, in Chinese. */

import { clockOf, shortSpan } from '../../platform/time.ts';
import { failed, percent, span, type ToldWords, value } from '../en/story-words.ts';
import { adaptations } from './adaptations.ts';
import { codes } from './codes.ts';
import { held } from './ladder.ts';
import { failures, sayWhy } from './reasons.ts';
import { tokenFacts } from './token-facts.ts';

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
const forgottenZh = {
  expired: '已到期',
  cleared: '已清除',
  room: '为其他请求腾出空间',
  answerLost: '保存的应答无法读取',
};

export const timers = {
  out: '剔除期满',
  pause: '暂停时间已过',
  quiet: '一段时间内没有新的失败',
  ramp: '慢启动进入下一步',
  recovery: '切回前的下一次检查',
  heldBack: '重新考虑被推迟的切换',
  expiry: '已到期',
  retry: '到了重试的时间',
};

/** What the page needs of them for its first view, too. */
export const told: ToldWords = {
  failures,
  reason: sayWhy,
  moves: {
    goesAt: (state, span, why) => `→ ${span === null ? '网关下次检查时' : `${span} 后`}变为“${state}”：${why}`,
    goes: (state, why) => `→ 变为“${state}”：${why}`,
  },
  withDetail: (failure, detail) => (/[(（]/.test(detail) ? `${failure}：${detail}` : `${failure}（${detail}）`),
  rules: {
    sticky: '会话保留在此端点',
    trial: '恢复中：每次放行一个请求试探',
    ramp: '恢复中：只承担部分流量',
    weighted: '按权重选中',
    'round-robin': '轮到它',
    'least-connections': '请求最少',
    failover: '顺序第一',
    degraded: '降级：有健康端点时不接新会话',
    reserve: '恢复中：别无选择时才用',
    sibling: '排在最后：同一供应商过载',
    avoided: '排在最后：刚中断过此会话的应答',
    lastResort: '没有可用端点，选情况最好的一个',
    notNeeded: '不需要',
    disabled: '已手动停用',
    held: '已隔离：不接请求，直到更换密钥或地址，或探测通过',
    out: '已剔除：暂不接请求，期满再试',
    paused: '暂停：端点要求减少请求',
    heard: '集群中另一网关用同一密钥被拒',
    hinted: '新会话排在最后：集群中另一网关在此遇到故障',
    lacksModel: '端点称没有该模型',
    noThinkingHere: '它要求交回自己的思考，而本会话没有（已在本会话中拒绝）',
    modelExcluded: '其模型映射表明没有该模型',
  },
  next: {
    firstStrike: () => '失败一次，或额度将尽',
    strikesLeft: ({ left }) => `再连续失败 ${Math.ceil(Number(left))} 次`,
    pauseOver: ({ failure }) => `暂停结束（${failures[String(failure)] ?? failure}）`,
    limitsReset: () => '额度重置',
    quiet: () => '在此之前没有新的失败',
    successesLeft: ({ left }) => `连续成功 ${left} 次`,
    outOver: ({ failure, times }) =>
      `剔除期满（${failures[String(failure)] ?? failure}${times === 1 ? '' : `，已连续 ${times} 次`}）`,
    success: () => '探测通过，或应答了一个请求',
    newKey: () => '更换密钥或地址',
    ramp: ({ percent: share }) => `慢启动，目前承担其份额的 ${share}%`,
    trialsLeft: ({ left }) => `再有 ${left} 个试探请求成功`,
    oneFailure: () => '再失败一次',
    byHand: ({ profile, endpoint }) => `重新启用：qcc endpoint enable ${profile} ${endpoint}`,
    recovery: ({ profile, checks, needed }) => `${profile} 重新可用：检查已通过 ${checks}/${needed}，然后等待一段时间`,
    heldBack: ({ profile, because }) => `到 ${profile} 的切换已推迟：${held(String(because))}`,
    anyBack: () => '任一配置有端点恢复可用',
    reportsLeft: ({ profile, left }) => `再有 ${left} 个请求在 ${profile} 中找不到可用端点`,
    retriesLeft: ({ tries, most }) => `已重试 ${tries}/${most} 次；有端点恢复时提前`,
    answerAwaited: () => '收到应答',
    maybeBilled: () => '客户端再次发送，或用 qcc queue retry 重试；此前可能已计费一次',
    retriesUsedUp: () => '用 qcc queue retry 重试',
    expiry: () => '到期',
  },
  sentences: {
    RequestQueued: ({ priority, because }) => `已入队，优先级${codes.priorities[priority]}：${sayWhy(because)}`,
    RetryStarted: ({ attempt, endpoint }, { name }) => `第 ${attempt} 次尝试，发往 ${name(endpoint)}`,
    RetryAnswered: ({ status }) => `应答状态 ${status}`,
    RetrySucceeded: ({ bytes }) => `已应答，保存 ${bytes} 字节`,
    RetryFailed: ({ failure, delayMs, retryable }) =>
      `${failure === null ? '被拒绝' : (failures[failure] ?? failure)}${retryable ? `；${shortSpan(delayMs)} 后或有端点恢复时重试` : ''}`,
    RetryAbandoned: ({ because }) => `已中止（${abandonedZh[because]}）：可能已计费`,
    RetryAsked: ({ by }) => `${by === 'user' ? '您' : '其客户端'}要求再试一次`,
    AnswerCollected: ({ by }) => `应答已交给请求 ${by}`,
    QueuedRequestDied: ({ because }) => `已放弃：${diedZh[because]}`,
    QueuedRequestCancelled: () => '已清除',
    QueuedRequestForgotten: ({ because }) => `已移出队列：${forgottenZh[because]}`,
    SettingChanged: ({ key, from, to }) => `设置 ${key}：${value(from, '-')} → ${value(to, '默认')}`,
    SnapshotTaken: ({ description }) => `已保存快照${description === '' ? '' : `：${description}`}`,
    ConfigRolledBack: ({ to, changes, partial }) => `已回滚到 ${to}：${changes} 处更改${partial ? '（部分恢复）' : ''}`,
    ConfigImported: ({ source, changes }) => `已从 ${source} 导入：${changes} 处更改`,
    ProfileAdded: () => '已添加配置',
    ProfileDescribed: ({ description }) => `说明改为：${description === '' ? '-' : description}`,
    ProfileRemoved: () => '已删除配置',
    ProfileMadeDefault: () => '设为默认',
    TierAssigned: ({ tier }) => (tier === null ? '移出梯级' : `所在层级：${tier}`),
    TokenAdded: (data) => tokenFacts.added(data),
    TokenRotated: () => tokenFacts.rotated,
    TokenChanged: ({ changes }) => tokenFacts.changed(changes),
    TokenRevoked: () => tokenFacts.revoked,
    EndpointAdded: ({ name, baseUrl, weight, priority }) =>
      `添加端点 ${name}：${baseUrl}，权重 ${weight}，优先级 ${priority}`,
    EndpointChanged: ({ endpoint, changes }, { name }) =>
      `修改端点 ${name(endpoint)}：${Object.keys(changes).join('、')}`,
    EndpointRemoved: ({ endpoint }, { name }) => `删除端点 ${name(endpoint)}`,
    AttemptFailed: ({ failure, status, detail }) => `失败：${failed(told, failure, status, detail)}`,
    AttemptSucceeded: ({ ttfbMs }) => `已应答，首字节 ${ttfbMs} ms`,
    ProbeSucceeded: ({ responseMs, score }) => `探测通过，用时 ${Math.round(responseMs)} ms，评分 ${score}`,
    ProbeFailed: ({ failure, detail }) => `探测失败：${failed(told, failure, null, detail)}`,
    ProbeNoted: ({ depth, verdict, responseMs, isForLooks }) =>
      isForLooks
        ? `探测（${codes.depths[depth] ?? depth}）：被当作不支持的客户端拒绝，用时 ${Math.round(responseMs)} ms；不能说明任何问题`
        : `探测（${codes.depths[depth] ?? depth}）：${codes.verdicts[verdict] ?? verdict}，用时 ${Math.round(responseMs)} ms，无新情况`,
    ModelNotFound: ({ model, until }, { at }) => `端点称没有 ${model}；${span(until, at)} 内以此为准`,
    ModelFound: ({ model }) => `其实有 ${model}`,
    CountRefused: ({ until }, { at }) => `不支持计算 token；${span(until, at)}内按此处理`,
    BodyRefused: ({ bytes, until }, { at }) => `${bytes} 字节的请求超出其大小上限；${span(until, at)}内按此处理`,
    NetworkChanged: () => '本机已更换网络，可重新尝试',
    CapabilityMissing: (data, { at }) => adaptations.missing(data, span(data.until, at)),
    CapabilityForgotten: ({ what }) => adaptations.forgotten(what),
    LimitsSeen: ({ resetAt }, { at }) => `额度预警${resetAt === null ? '' : `；${span(resetAt, at)} 后重置`}`,
    FailureHeard: ({ name, because, status, saidAt, until }, { at }) =>
      `网关 ${name} 于 ${clockOf(saidAt)} 遇到：${failed(told, because, status, null)}；${span(until, at)} 内以此为准`,
    HearsayLifted: ({ name }) => `网关 ${name} 已得到应答：集群此前所述不再作数`,
    HearsayExpired: () => '其他网关所述已过期',
    HearsayForgotten: ({ deafUntil }, { at }) => `其他网关所述已作废；${span(deafUntil, at)}内不再听取`,
    EndpointEnabled: () => '已启用',
    EndpointDisabled: () => '已停用',
    EndpointReset: () => '已手动重置',
    KeyChanged: () => '已更换密钥或地址',
    EndpointDegraded: ({ because }) => `降级：${failures[because] ?? because}`,
    EndpointPaused: ({ because, until, belief }, { at }) =>
      `暂停 ${span(until, at)}：${failures[because] ?? because}（${beliefZh[belief]}）`,
    EndpointFailed: ({ because, until, belief, held }, { at }) =>
      `剔除 ${span(until, at)}${held ? '，或直到更换密钥或地址' : ''}：${failures[because] ?? because}（${beliefZh[belief]}）`,
    EndpointRecovering: ({ ramp }) => (ramp > 0 ? `恢复中，承担份额的 ${percent(ramp)}` : '恢复中，逐个请求试探'),
    EndpointRecovered: () => '恢复健康',
    WeightAdjusted: ({ from, to }) => `权重 ${from} → ${to}`,
    ActiveChosen: ({ profile }) => (profile === null ? '没有当前配置' : `当前配置：${profile}`),
    FailedOver: ({ from, to, because }) => `故障转移 ${from} → ${to}：${sayWhy(because)}`,
    Recovered: ({ from, to, because }) => `恢复切回 ${from} → ${to}：${sayWhy(because)}`,
    SwitchedByHand: ({ from, to, reason }) =>
      `手动切换 ${from ?? '-'} → ${to}${reason === '' ? '' : `：${sayWhy(reason)}`}`,
    PinReleased: ({ because }) => `解除固定：${sayWhy(because)}`,
    SwitchHeldBack: ({ wanted, because, until }, { at }) =>
      `暂缓切换到 ${wanted}${until === null ? '' : `，等待 ${span(until, at)}`}：${held(because)}`,
    ActiveDoubted: ({ profile, reports }) => `${profile} 没有可用端点${reports === 1 ? '' : `，连续 ${reports} 次`}`,
    ActiveTrusted: ({ profile }) => `${profile} 又有可用端点`,
    RecoveryBegun: ({ profile }) => `${profile} 重新可用，切回前先检查`,
    RecoveryChecked: ({ profile, checks }) => `${profile} 通过第 ${checks} 次检查`,
    RecoveryStopped: ({ profile, because }) => `停止观察 ${profile}：${sayWhy(because)}`,
    LadderDegraded: ({ because }) => `梯级降级：${sayWhy(because)}`,
    LadderHealthy: () => '梯级恢复健康',
    AllOut: ({ because }) => `服务中断：${sayWhy(because)}`,
    BackInService: ({ to }) => `由 ${to} 恢复服务`,
    TimerElapsed: ({ name }) => timers[name as keyof typeof timers] ?? name,
    RequestServed: ({ endpoint, status, attempts, durationMs }, { name }) =>
      `${name(endpoint)} 应答 ${status}，用时 ${durationMs} ms${attempts.length > 1 ? `，尝试 ${attempts.length} 次` : ''}`,
    RequestFailed: ({ status, attempts, because }) =>
      `尝试 ${attempts.length} 次后返回 ${status}：${failures[because] ?? because}`,
    RequestCancelled: ({ durationMs }) => `客户端在 ${durationMs} ms 后离开`,
    AnswerBroken: ({ endpoint }, { name }) => `${name(endpoint)} 应答中断；已断开客户端连接`,
    GatewayStarted: ({ version, url, pid }) => `已启动：${url}，版本 ${version}，pid ${pid}`,
    GatewayStopped: () => '已停止',
    GatewayFoundDead: ({ certainUntil }) =>
      certainUntil === null
        ? '前一个网关被强制终止'
        : `前一个网关被强制终止；${clockOf(certainUntil)} 之后结束的请求可能没有记录`,
    LogSalvaged: ({ kept }) => `日志已修复；原件在 ${kept}`,
    Offline: () => '本机离线；不计为任何端点的失败',
    Online: () => '恢复在线',
    FleetJoined: ({ name, member }) => `已加入集群，名称 ${name}（${member}）`,
    FleetLeft: ({ member }) => `已离开集群（${member}）`,
    FleetLost: () => '集群服务器没有消息；请求照常处理',
    SwitchShared: ({ token }) => `已将手动切换告知整个集群（#${token}）`,
    SwitchHeard: ({ name, to, isKnown, token }) => {
      if (!isKnown) return `网关 ${name} 手动切换到了这里没有的配置（#${token}）`;
      return to === null ? `网关 ${name} 解除了固定（#${token}）` : `网关 ${name} 手动切换到 ${to}（#${token}）`;
    },
    Overruled: ({ name, wanted, to }) =>
      `${wanted === null ? '解除固定' : `手动切换到 ${wanted}`}让位于网关 ${name} 上的操作：${to ?? '不固定'}`,
    FleetBack: ({ afterMs }) => `${shortSpan(afterMs)} 后集群服务器恢复`,
    Slept: ({ forMs }) => `本机休眠 ${shortSpan(forMs)}`,
  },
};

const beliefZh: Readonly<Record<string, string>> = { observed: '实测', advertised: '端点告知', inferred: '推断' };
