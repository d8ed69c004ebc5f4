/** The commands of the ladder. */

import { limit, profile } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

export const priorityCommands: Commands = {
  priority: {
    title: say('decide which profiles serve, and in which order (the ladder)', '设置梯级：由哪些配置应答，按什么顺序'),
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
        title: say('show the ladder: which profiles serve, in which order', '查看梯级：由哪些配置应答，按什么顺序'),
        about: say(
          'tiers, active profile, rules; a switch that is put off, why and until when; a profile that is being checked before the switch back',
          '梯级、当前配置、规则；暂缓的切换及其原因和期限；正在观察、准备切回的配置',
        ),
        examples: ['qcc priority list'],
        load: async () => (await import('./cli.ts')).list,
      },
      switch: {
        title: say('switch to a profile by hand, and stay there', '手动切换到某个配置并固定'),
        about: say(
          'switches by hand; the profile stays pinned until it is released or fails',
          '手动切换；该配置会固定，直到解除固定或它失败',
        ),
        forms: {
          '--release': say('releases the pinned profile; the automatic rules apply again', '解除固定，恢复自动规则'),
        },
        positionals: [profile],
        required: 0,
        flags: {
          reason: option('TEXT', 'why, for the history', '切换原因，记入历史'),
          release: toggle('release the pinned profile; the automatic rules apply again', '解除固定，恢复自动规则'),
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
          'auto-recovery': toggle('switch back up when it has recovered', '恢复后自动切回'),
          'no-auto-recovery': toggle('do not switch back automatically', '不自动切回'),
          'failure-threshold': option('NUMBER', 'failures before a switch', '失败多少次后切换', {
            default: '3',
            setting: 'failover.failure_threshold',
          }),
          'recovery-checks': option('NUMBER', 'successful checks before the switch back', '检查成功多少次后切回', {
            default: '3',
            setting: 'failover.recovery_checks',
          }),
          cooldown: option('SPAN', 'the shortest time between two switches', '两次切换之间的最短间隔', {
            default: '300s',
            setting: 'failover.cooldown',
          }),
          'recovery-delay': option(
            'SPAN',
            'how long it must be healthy before the switch back',
            '切回前须保持正常多久',
            {
              default: '60s',
              setting: 'failover.recovery_delay',
            },
          ),
          'max-per-hour': option('NUMBER', 'the most switches in an hour', '每小时最多切换次数', {
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
