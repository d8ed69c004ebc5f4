import type { Tier } from '../../../events/profile.ts';
import type { ChangeWords } from '../en/changes.ts';

const rung = (tier: Tier | null) => (tier === null ? '' : `，层级 ${tier}`);

export const changes: ChangeWords = {
  next: '下一步',
  test: '测试',
  see: '查看',
  back: '撤销',
  toDefault: '恢复默认',
  toEnd: '结束',
  startAgain: '重新启动',
  restoreIt: '恢复',
  readIn: '导入',
  goBack: '回到此处',
  ask: '查询',
  verify: '校验',
  profileAdded: (name, endpoints, tier) =>
    `已添加配置 ${name}，${endpoints === 0 ? '还没有端点' : `${endpoints} 个端点`}${rung(tier)}`,
  profileIsDefault: (name) => `${name} 现在是默认配置`,
  profileDescribed: (name, description) =>
    description === '' ? `${name} 的说明已清空` : `${name} 的说明已改为“${description}”`,
  profileRemoved: (name, endpoints) =>
    endpoints === 0 ? `已删除配置 ${name}` : `已删除配置 ${name} 及其 ${endpoints} 个端点，密钥已销毁`,
  profileActive: (name) => `已切换到 ${name} 并固定，直到解除固定或它失败`,
  profileTier: (name, tier) => (tier === null ? `${name} 没有层级，不在梯级中` : `${name} 现在位于层级 ${tier}`),
  released: (active) => (active === null ? '已解除固定，没有当前配置' : `已解除固定，当前配置为 ${active}`),
  endpointAdded: (name, profile, weight) => `${name} 已加入 ${profile}，权重 ${weight}`,
  endpointsAdded: (names, profile) => `${names} 已加入 ${profile}`,
  ruleHidden: '不会用到：前面的规则已涵盖它',
  ruleNotReached: (rule) => `规则 ${rule} 不会用到：前面的规则已涵盖它`,
  modelExcluded: '该端点没有此模型：这类请求会发往其他端点',
  noTable: '该端点没有模型映射：模型名原样发送',
  presetTable: (rules, checkedAt) => `模型映射（依据厂商 ${checkedAt} 的文档）：${rules}`,
  endpointChanged: (name, profile, weight, priority) =>
    `已修改 ${profile} 中的 ${name}：权重 ${weight}，优先级 ${priority}`,
  endpointRemoved: (name, profile) => `已从 ${profile} 删除 ${name}，密钥已销毁`,
  endpointEnabled: (name, profile) => `${profile} 中的 ${name} 已恢复接收请求`,
  endpointDisabled: (name, profile) => `${profile} 中的 ${name} 已停止接收请求`,
  endpointForgets: (name, profile, what) =>
    what.length === 0
      ? `${profile} 中的 ${name} 没有拒绝过任何内容，无需忘记`
      : `发给 ${profile} 中 ${name} 的请求重新带上：${what.join('、')}`,
  endpointReset: (name, profile, state) => `${profile} 中的 ${name}：${state}`,
  queueRetried: (count) => (count === 0 ? '队列中没有可重试的请求' : `${count} 个请求将立即重试`),
  queueCleared: (count) => (count === 0 ? '队列中没有可清除的请求' : `已从队列清除 ${count} 个请求`),
  gatewayAnswers: (url, pid) => `网关已在 ${url} 应答，pid ${pid}`,
  gatewayStopped: (ended, cut) =>
    `网关已停止，${ended === 0 ? '' : `先完成了 ${ended} 个请求，`}${cut === 0 ? '没有中止任何请求' : `中止了 ${cut} 个请求`}`,
  exported: (file, profiles, settings, hasKeys) =>
    `${file} 包含 ${profiles} 个配置和 ${settings} 项设置，${hasKeys ? '含密钥，以您的口令加密' : '不含密钥'}`,
  backedUp: (file, facts, size) => `${file} 包含整个数据目录：${facts} 条事实，${size}`,
  homeRestored: (home, facts) => `已恢复 ${home}，共 ${facts} 条事实`,
  snapshotTaken: (id, description) => `快照 ${id} 保存了当前配置${description === '' ? '' : `：${description}`}`,
  rolledBack: (to, count) => `配置已回到 ${to} 时的状态，共 ${count} 处更改`,
  imported: (count) => `导入完成，共 ${count} 处更改`,
  entriesWritten: (file, count) => `${file} 包含 ${count} 条记录`,
  statsWritten: (file, rows) => `${file} 包含 ${rows} 行`,
  incidentPageWritten: (file, facts) =>
    `${file} 包含 ${facts} 条事实，不含密钥、提示词、会话和路径；可用任何浏览器打开`,
  incidentWritten: (file, facts) => `${file} 包含 ${facts} 条事实，不含密钥、提示词、会话和路径`,
  claudeGivenBack: (file) => `已还原 ${file} 中由 qcc 更改的设置`,
  claudePointsHere: (file) => `Claude Code 下次启动时使用网关：${file}`,
  itemDropped: (id, is) => (is === 'cancelled' ? `${id} 已取消：不会再为它请求任何端点` : `${id} 已从队列移除`),
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
  keyIsNext: '这是密钥，下一步才会询问；此处请填写地址，例如 https://relay.example.com',
  askWeight: '权重',
  askPriority: '优先级（数值小的优先）',
  later: '以后再说',
  allDefault: '所有设置都是默认值',
};
