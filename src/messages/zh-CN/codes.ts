/** Codes of machines, facts and the gateway. In English a code is its word already. */
import type { ProbeDepth, Verdict } from '../../../events/endpoint.ts';
import type { EndpointState } from '../../../machines/routing-view.ts';
import type { SwitchRow } from '../../contract/priority.ts';

/** What people read of a healthy endpoint that has had no result, or whose last one was a failure. */
type Unproven = 'untried' | 'resting';
type GatewayState = 'stopped' | 'online' | 'offline';

const states: Readonly<Record<EndpointState | GatewayState | Unproven, string>> = {
  healthy: '健康',
  degraded: '降级',
  failed: '失败',
  recovering: '恢复中',
  disabled: '已停用',
  stopped: '已停止',
  online: '在线',
  offline: '离线',
  untried: '未试过',
  resting: '待观察',
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
  failover: '故障切换',
  recovery: '恢复切回',
  manual: '手动切换',
};

export const codes = { states, verdicts, depths, switches } satisfies Record<string, Readonly<Record<string, string>>>;
