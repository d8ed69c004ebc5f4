/** Codes of machines, facts and the gateway. In English a code is its word already. */
import type { ProbeDepth, Verdict } from '../../../events/endpoint.ts';
import type { QueuePriority } from '../../../events/queue.ts';
import type { QueueItemState } from '../../../machines/queue-item.ts';
import type { EndpointState } from '../../../machines/routing-view.ts';
import type { RunningRow } from '../../contract/gateway.ts';
import type { Answer } from '../../contract/operations.ts';
import type { SwitchRow } from '../../contract/priority.ts';

/** What people read of a healthy endpoint that has had no result, or whose last one was a failure. */
type Unproven = 'untried' | 'resting';
/** The last is no state of an item: the item is gone. */
type QueueState = QueueItemState | 'forgotten';
type GatewayState = 'stopped' | 'online' | 'offline';

const states: Readonly<Record<EndpointState | GatewayState | QueueState | Unproven, string>> = {
  healthy: '健康',
  degraded: '降级',
  failed: '失败',
  recovering: '恢复中',
  disabled: '已停用',
  stopped: '已停止',
  online: '在线',
  offline: '离线',
  untried: '未使用',
  resting: '待观察',
  waiting: '等待',
  retrying: '重试中',
  answered: '已应答',
  dead: '已放弃',
  unknown: '未知',
  cancelled: '已清除',
  forgotten: '已移出',
};
const verdicts: Readonly<Record<Verdict, string>> = {
  success: '成功',
  failure: '失败',
  timeout: '超时',
  rate_limited: '被限流',
  invalid_key: '密钥无效',
  model_error: '模型错误',
};
const depths: Readonly<Record<ProbeDepth, string>> = { connection: '连接', api: '接口', conversation: '对话' };
const switches: Readonly<Record<SwitchRow['kind'], string>> = {
  failover: '故障转移',
  recovery: '恢复切回',
  manual: '手动切换',
};

const priorities: Readonly<Record<QueuePriority, string>> = { high: '高', normal: '普通', low: '低' };
const queueTotals: Readonly<Record<keyof Answer<'queue.status'>['totals'], string>> = {
  enqueued: '入队',
  retried: '重试',
  succeeded: '已应答',
  died: '放弃',
  dropped: '移出',
};

const running: Readonly<Record<RunningRow['state'], string>> = {
  asked: '已发出',
  begun: '已有响应头',
  streaming: '传输中',
  'no room': '等待端点空位',
  queued: '等待端点恢复',
  paused: '两次尝试之间',
};

/** What is there once, as the subject of its facts. */
const streams = { gateway: '网关', config: '设置', priority: '梯级' };

export const codes = { states, streams, verdicts, depths, switches, priorities, queueTotals, running } satisfies Record<
  string,
  Readonly<Record<string, string>>
>;
