/** The commands of the ladder. */

import { limit, profile } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

export const priorityCommands: Commands = {
  priority: {
    title: say('decide which profiles serve, and in which order (the ladder)', '梯级：由哪些配置应答，以何顺序'),
    examples: ['qcc priority list'],
    sub: {
      set: {
        title: say('put a profile into a tier of the ladder', '设置配置所在的层级'),
        about: say('`primary`, `secondary`, `fallback`, or `none`', '`primary`、`secondary`、`fallback` 或 `none`'),
        positionals: [profile, argument('TIER', 'tiers')],
        examples: ['qcc priority set work primary', 'qcc priority set work none'],
        load: async () => (await import('./cli.ts')).set,
      },
      list: {
        title: say('show the ladder: which profiles serve, in which order', '显示梯级：由哪些配置应答，以何顺序'),
        about: say(
          'tiers, active profile, policy; a switch that was suppressed, with the reason and until when; a profile that is being watched on its way back',
          '梯级、当前配置、规则；暂缓的切换及其原因和期限；正在观察、准备切回的配置',
        ),
        examples: ['qcc priority list'],
        load: async () => (await import('./cli.ts')).list,
      },
      switch: {
        title: say('switch to a profile by hand, and stay there', '手动切换到某个配置并固定'),
        about: say(
          'by hand; pinned until released, or until the pinned profile fails',
          '手动切换；固定住，直到解除或该配置失败',
        ),
        forms: { '--release': say('the automatic rules take over again', '恢复自动规则') },
        positionals: [profile],
        required: 0,
        flags: {
          reason: option('TEXT', 'why, for the history', '切换原因，记入历史'),
          release: toggle('end a switch by hand; the automatic rules hold again', '解除手动切换的固定'),
        },
        examples: ['qcc priority switch spare --reason "work is slow"', 'qcc priority switch --release'],
        load: async () => (await import('./cli.ts')).switchTo,
      },
      policy: {
        title: say('show or change the rules of automatic switches', '查看或修改自动切换的规则'),
        about: say('shows the rules, or changes them', '显示或修改规则'),
        flags: {
          'auto-failover': toggle('switch down when a tier fails', '某层级失败时自动切换'),
          'no-auto-failover': toggle('do not switch down automatically', '不自动切换'),
          'auto-recovery': toggle('switch back up when it is well again', '恢复后自动切回'),
          'no-auto-recovery': toggle('do not switch back automatically', '不自动切回'),
          'failure-threshold': option('NUMBER', 'failures before a switch', '失败多少次后切换', {
            default: '3',
            setting: 'failover.failure_threshold',
          }),
          'recovery-checks': option('NUMBER', 'good checks before the switch back', '成功多少次后切回', {
            default: '3',
            setting: 'failover.recovery_checks',
          }),
          cooldown: option('SPAN', 'the least time between two switches', '两次切换之间的间隔', {
            default: '300s',
            setting: 'failover.cooldown',
          }),
          'recovery-delay': option('SPAN', 'how long it must be well before the switch back', '切回前须保持正常多久', {
            default: '60s',
            setting: 'failover.recovery_delay',
          }),
          'max-per-hour': option('NUMBER', 'switches in one hour', '每小时最多切换次数', {
            default: '10',
            setting: 'failover.max_per_hour',
          }),
        },
        examples: ['qcc priority policy', 'qcc priority policy --cooldown 5m --no-auto-recovery'],
        load: async () => (await import('./cli.ts')).policy,
      },
      history: {
        title: say('list past switches between profiles', '列出过去的配置切换'),
        about: say('past switches, newest first', '过去的切换，新的在前'),
        flags: { limit: { ...limit, default: '50' } },
        examples: ['qcc priority history -n 10'],
        load: async () => (await import('./cli.ts')).history,
      },
    },
  },
};
