import type { IncidentWords } from '../en/incidents.ts';

export const incidents: IncidentWords = {
  none: '没有故障：未发生任何失败',
  endpoints: '失败的端点',
  facts: '经过',
  more: (count) => `……还有 ${count} 条事实`,
  stillGoesOn: '至今',
  hit: ({ requests: { failed, broken, moved, queued, answeredLater }, sessions, tokens }) => [
    ...(failed > 0 ? [`${failed} 个请求失败`] : []),
    ...(broken > 0 ? [`${broken} 个应答中断`] : []),
    ...(moved > 0 ? [`${moved} 个请求换了端点`] : []),
    ...(queued > 0
      ? [
          `${queued} 个请求进入队列，${answeredLater === 0 ? '后来均未得到应答' : `其中 ${answeredLater} 个后来得到应答`}`,
        ]
      : []),
    ...(sessions > 0 ? [`${sessions} 个会话`] : []),
    ...(tokens > 0 ? [`${tokens} 个令牌`] : []),
  ],
  hitNothing: '未影响任何请求',
  ended: (number, told) => `结束于 #${number}：${told}`,
  passed: '自行结束',
  goesOn: (what) => `尚未结束：${what}`,
  unwell: { ladder: '梯级降级', allOut: '没有可用的端点', network: '没有网络' },
  inHistory: (count) => `这段历史中有 ${count} 个故障：`,
  separator: '，',
  shownBy: (command) => `完整内容：${command}`,
};
