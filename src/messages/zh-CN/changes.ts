import type { Tier } from '../../../events/profile.ts';
import type { ChangeWords } from '../en/changes.ts';

const rung = (tier: Tier | null) => (tier === null ? '' : `，层级 ${tier}`);

export const changes: ChangeWords = {
  next: '下一步',
  test: '测试',
  see: '查看',
  back: '撤销',
  toDefault: '恢复默认',
  profileAdded: (name, endpoints, tier) =>
    `已添加配置 ${name}，${endpoints === 0 ? '还没有端点' : `${endpoints} 个端点`}${rung(tier)}`,
  profileIsDefault: (name) => `${name} 现在是默认配置`,
  profileDescribed: (name, description) =>
    description === '' ? `${name} 的说明已清空` : `${name} 的说明已改为“${description}”`,
  profileRemoved: (name, endpoints) =>
    endpoints === 0 ? `已删除配置 ${name}` : `已删除配置 ${name} 及其 ${endpoints} 个端点，密钥已销毁`,
  profileActive: (name) => `已切换到 ${name}，在解除固定或它失败之前保持不变`,
  profileTier: (name, tier) => (tier === null ? `${name} 不在任何层级` : `${name} 已在层级 ${tier}`),
  released: (active) => (active === null ? '已解除固定，没有当前配置' : `已解除固定，当前配置为 ${active}`),
  endpointAdded: (name, profile, weight) => `${name} 已加入 ${profile}，权重 ${weight}`,
  endpointsAdded: (names, profile) => `${names} 已加入 ${profile}`,
  endpointChanged: (name, profile, weight, priority) =>
    `已修改 ${profile} 中的 ${name}：权重 ${weight}，优先级 ${priority}`,
  endpointRemoved: (name, profile) => `已从 ${profile} 删除 ${name}，密钥已销毁`,
  endpointEnabled: (name, profile) => `${profile} 中的 ${name} 已恢复接收请求`,
  endpointDisabled: (name, profile) => `${profile} 中的 ${name} 已停止接收请求`,
  endpointReset: (name, profile, state) => `${profile} 中的 ${name}：${state}`,
  claudePointsHere: (file) => `Claude Code 下次启动时使用网关：${file}`,
  itemRetried: (id, state) => `${id}：${state}`,
  askRemoveProfile: (name, endpoints, isActive) =>
    [
      `删除配置 ${name}${endpoints === 0 ? '' : ` 及其 ${endpoints} 个端点`}？`,
      ...(isActive ? ['它是当前配置。'] : []),
      endpoints === 0 ? `它没有端点，可用 qcc add ${name} 重新添加。` : '密钥将一并销毁，无法撤销。',
    ].join(''),
  askRemoveEndpoint: (name, profile, address, key) =>
    `从 ${profile} 删除 ${name}（${address}，密钥 ${key}）？密钥将一并销毁，无法撤销。`,
  askImport: (count) => `执行以上 ${count} 处更改？会先保存快照，可用 qcc config rollback --last 撤销。`,
  askRollback: (to, count) => `回到 ${to}，执行以上 ${count} 处更改？可用 qcc config rollback --last 撤销。`,
  askReset: (keys, hasSecrets) =>
    `将 ${keys.length} 项设置恢复为默认值：${keys.join('、')}？可用 qcc config rollback --last 撤销${hasSecrets ? '，但其中的密钥无法找回' : ''}。`,
  testing: '正在测试…',
  testPassed: (name, ms, model) => `${name} 可用：${model === null ? '' : `${model}，`}${ms} ms`,
  testFailed: (name, why) => `${name} 不可用：${why}`,
  testAgain: '再次测试',
  askWeight: '权重',
  askPriority: '优先级（数值小的优先）',
  later: '以后再说',
  allDefault: '所有设置都是默认值',
};
