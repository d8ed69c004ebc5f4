import type { TokenWords } from '../en/tokens.ts';

export const tokens: TokenWords = {
  bounds: '限制',
  expires: '有效期至',
  used: '最近使用',
  token: '访问令牌',
  never: '从未',
  states: { valid: '有效', expired: '已过期', revoked: '已吊销' },
  inProfile: (profile) => `配置 ${profile}`,
  atOnce: (most, running) => `同时 ${running === null ? '' : `${running}/`}${most} 个`,
  budget: (spent, usd, per) => `${per === 'day' ? '今日' : '本月'} ${spent} / $${usd}`,
  unpriced: (models) => `没有已知价格，因此不计入花费上限：${models}`,
  changed: (name, bounds) => (bounds === '' ? `访问令牌 ${name} 现在没有限制` : `访问令牌 ${name} 的限制：${bounds}`),
  none: '还没有访问令牌。创建一个：',
  added: (name) => `已创建访问令牌 ${name}，只在此显示一次：`,
  rotated: (name) => `已更换访问令牌 ${name}，旧令牌已失效；新令牌只在此显示一次：`,
  revoked: (name) => `已吊销访问令牌 ${name}：使用它的请求将被拒绝`,
  askRotate: (name) => `更换访问令牌 ${name}？旧令牌立即失效，其客户端在换用新令牌之前会被拒绝。`,
  askRevoke: (name) => `吊销访问令牌 ${name}？其客户端此后会被拒绝，无法撤销。`,
  others: '无访问令牌',
};
