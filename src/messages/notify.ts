/** The words of notifications. English is the catalogue; a translation that lacks one does not compile. */
import type { LadderReason } from '../../events/reason.ts';
import { reasonText } from './reasons.ts';

const en = {
  failoverTitle: (to: string) => `switched to ${to}`,
  failover: (from: string, to: string, because: LadderReason) => `${from} → ${to}: ${reasonText(because, 'en')}`,
  recoveryTitle: (to: string) => `back on ${to}`,
  recovery: (from: string, to: string, because: LadderReason) => `${from} → ${to}, back: ${reasonText(because, 'en')}`,
  backInService: (to: string) => `${to} can answer again`,
  allDownTitle: 'no endpoint can answer',
  allDown: 'every endpoint of every profile is out; see qcc health status',
  credentialTitle: (profile: string) => `an endpoint of ${profile} refuses its key`,
  billingTitle: (profile: string) => `an endpoint of ${profile} has no balance left`,
  credential: (profile: string, name: string, id: string) =>
    `${profile}, ${name}: its key was refused; qcc endpoint update ${profile} ${id} --api-key-stdin`,
  billing: (profile: string, name: string, id: string) =>
    `${profile}, ${name}: its balance is spent; top it up, then qcc health reset ${id}`,
  testTitle: 'a test message',
  test: 'notifications arrive here',
  times: (count: number) => `(${count} times)`,
  more: (count: number) => `and ${count} more; see qcc history`,
};

export type NotifyWords = typeof en;

const zh: NotifyWords = {
  failoverTitle: (to) => `已切换到 ${to}`,
  failover: (from, to, because) => `${from} → ${to}：${reasonText(because, 'zh-CN')}`,
  recoveryTitle: (to) => `已切回 ${to}`,
  recovery: (from, to, because) => `${from} → ${to}，已切回：${reasonText(because, 'zh-CN')}`,
  backInService: (to) => `${to} 恢复应答`,
  allDownTitle: '没有端点可用',
  allDown: '所有配置的所有端点均已退出；参见 qcc health status',
  credentialTitle: (profile) => `${profile} 的一个端点拒绝了密钥`,
  billingTitle: (profile) => `${profile} 的一个端点余额已用尽`,
  credential: (profile, name, id) =>
    `${profile}，${name}：密钥被拒绝；请用 qcc endpoint update ${profile} ${id} --api-key-stdin`,
  billing: (profile, name, id) => `${profile}，${name}：余额已用尽；充值后请用 qcc health reset ${id}`,
  testTitle: '测试消息',
  test: '通知可以送达这里',
  times: (count) => `（${count} 次）`,
  more: (count) => `另有 ${count} 条；参见 qcc history`,
};

export type NotifyLanguage = 'en' | 'zh-CN';

export function notifyWordsOf(language: NotifyLanguage): NotifyWords {
  return language === 'zh-CN' ? zh : en;
}
