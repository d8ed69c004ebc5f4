import { shortSpan } from '../../platform/time.ts';
import type { NotifyWords } from '../en/notify.ts';
import { sayWhy } from './reasons.ts';

export const notifyWords: NotifyWords = {
  failoverTitle: (to) => `已切换到 ${to}`,
  failover: (from, to, because) => `${from} → ${to}：${sayWhy(because)}`,
  recoveryTitle: (to) => `已切回 ${to}`,
  recovery: (from, to, because) => `${from} → ${to}，已切回：${sayWhy(because)}`,
  backInService: (to) => `${to} 已恢复应答`,
  allDownTitle: '没有端点可用',
  allDown: '所有配置都没有可用端点；参见 qcc health status',
  credentialTitle: (profile) => `${profile} 的一个端点拒绝了密钥`,
  billingTitle: (profile) => `${profile} 的一个端点余额已用尽`,
  credential: (profile, name, id) =>
    `${profile}，${name}：密钥被拒绝；请用 qcc endpoint update ${profile} ${id} --api-key-stdin`,
  billing: (profile, name, id) => `${profile}，${name}：余额已用尽；充值后请用 qcc health reset ${id}`,
  fleetLostTitle: '集群服务器没有应答',
  fleetLost: '一分钟没有收到集群服务器的消息；请求照常处理；见 qcc fleet status',
  fleetBackTitle: '集群服务器已恢复',
  fleetBack: (afterMs) => `${shortSpan(afterMs)} 后集群服务器恢复`,
  testTitle: '测试消息',
  test: '通知可以送达这里',
  times: (count) => `（${count} 次）`,
  more: (count) => `另有 ${count} 条；参见 qcc history`,
};
