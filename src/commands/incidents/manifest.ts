/** The commands of incidents. */

import { fromLog, limit, since, until } from '../arguments.ts';
import { argument, type Commands, say } from '../command.ts';

export const incidentsCommands: Commands = {
  incidents: {
    title: say(
      'show what went wrong: when, what it affected, what ended it',
      '查看出过的故障：何时发生、影响了什么、如何结束',
    ),
    about: say(
      'facts grouped into incidents, newest first, the newest 20 unless `--limit` says otherwise: from when to when, what began it, which requests, sessions and tokens it affected, what ended it. An incident ends when every endpoint in it, the ladder and the network have recovered. `--since` and `--until` keep those that overlap that time; exit 7 when facts that it needs cannot be read',
      '把事实归纳为故障，新的在前，未用 `--limit` 时为最新 20 个：起止时间、起因、影响的请求、会话和令牌、如何结束。相关的端点、梯级和网络全部恢复时结束。`--since` 和 `--until` 只保留与该时段重叠的；所需的事实无法读取时退出码为 7',
    ),
    flags: { since, until, limit: { ...limit, default: '20' }, 'from-log': fromLog },
    examples: ['qcc incidents', 'qcc incidents --since yesterday', 'qcc incidents --from-log incident.ndjson'],
    load: async () => (await import('./cli.ts')).list,
    sub: {
      show: {
        title: say(
          'show one incident in full: its facts, and the endpoints that failed',
          '查看一个故障的全部经过和失败的端点',
        ),
        about: say(
          'by its number, or the number of any of its facts; without one, the newest',
          '按故障编号，或其中任一事实的编号；不指定则为最新一个',
        ),
        positionals: [argument('NUMBER')],
        required: 0,
        flags: { 'from-log': fromLog },
        examples: ['qcc incidents show', 'qcc incidents show 1234'],
        load: async () => (await import('./cli.ts')).show,
      },
    },
  },
};
