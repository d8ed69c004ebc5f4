/** The commands of endpoints. */

import {
  apiKey,
  apiKeyEnv,
  apiKeyStdin,
  auth,
  baseUrl,
  endpoint,
  name,
  noTest,
  preset,
  profile,
  since,
  verbose,
} from '../arguments.ts';
import { type Commands, option, say, toggle } from '../command.ts';

export const endpointCommands: Commands = {
  endpoint: {
    title: say('add, change and test the endpoints of a profile', '添加、修改和测试配置中的端点'),
    examples: ['qcc endpoint list work'],
    sub: {
      add: {
        title: say('add an endpoint to a profile', '为配置添加端点'),
        about: say(
          'by hand or from a preset; at a terminal what is missing is asked for, and it is tested. `--auto` does neither',
          '手动或用预设；在终端上会询问缺少的内容并测试。`--auto` 两者都不做',
        ),
        forms: {
          '--from-profile NAME': say(
            'copies all endpoints of another profile, keys included',
            '复制另一个配置的全部端点，包括密钥',
          ),
        },
        positionals: [profile],
        flags: {
          'from-profile': option('NAME', 'copy the endpoints of this profile', '复制该配置的端点', { alias: 'f' }),
          'base-url': baseUrl,
          'api-key': apiKey,
          'api-key-stdin': apiKeyStdin,
          'api-key-env': apiKeyEnv,
          auth,
          preset,
          weight: option('NUMBER', 'its share of the traffic', '流量份额', { default: '100' }),
          priority: option('NUMBER', 'endpoints with a lower number are taken first', '数值小的优先', { default: '1' }),
          name,
          timeout: option('SPAN', 'how long an answer may take', '等待应答的时限'),
          'max-failures': option('NUMBER', 'failures in a row until it is ejected', '连续失败多少次后剔除', {
            default: '3',
          }),
          'max-concurrent': option('NUMBER', 'requests at the same time', '同时处理的请求数', { default: '64' }),
          'allow-plaintext': toggle('http:// to another machine', '允许以 http:// 访问其他机器'),
          'no-test': noTest,
          auto: toggle('take what is given, ask for nothing', '使用给出的值，不询问'),
        },
        examples: [
          'qcc endpoint add work --preset anthropic --api-key-env KEY',
          'qcc endpoint add spare --from-profile work',
        ],
        load: async () => (await import('./add-cli.ts')).add,
      },
      update: {
        title: say('change an endpoint', '修改端点'),
        about: say('a new key or address ends a refused credential at once', '新密钥或新地址立即解除被拒的凭据'),
        positionals: [profile, endpoint],
        flags: {
          'base-url': baseUrl,
          'api-key': apiKey,
          'api-key-stdin': apiKeyStdin,
          'api-key-env': apiKeyEnv,
          auth,
          preset,
          weight: option('NUMBER', 'its share of the traffic', '流量份额'),
          priority: option('NUMBER', 'endpoints with a lower number are taken first', '数值小的优先'),
          name,
          timeout: option('SPAN', 'how long an answer may take', '等待应答的时限'),
          'max-failures': option('NUMBER', 'failures in a row until it is ejected', '连续失败多少次后剔除'),
          'max-concurrent': option('NUMBER', 'requests at the same time', '同时处理的请求数'),
          'allow-plaintext': toggle('http:// to another machine', '允许以 http:// 访问其他机器'),
        },
        examples: ['qcc endpoint update work 3f2a --weight 5'],
        load: async () => (await import('./cli.ts')).update,
      },
      list: {
        title: say('list the endpoints of a profile', '列出配置中的端点'),
        positionals: [profile],
        flags: { verbose },
        examples: ['qcc endpoint list work --verbose'],
        load: async () => (await import('./cli.ts')).list,
      },
      remove: {
        title: say('remove an endpoint', '删除端点'),
        about: say('and its key; asks', '连同密钥；会询问'),
        positionals: [profile, endpoint],
        examples: ['qcc endpoint remove work 3f2a'],
        load: async () => (await import('./cli.ts')).remove,
      },
      enable: {
        title: say('send traffic to a disabled endpoint again', '重新启用端点'),
        positionals: [profile, endpoint],
        examples: ['qcc endpoint enable work 3f2a'],
        load: async () => (await import('./cli.ts')).enable,
      },
      disable: {
        title: say('stop sending traffic to an endpoint until you enable it', '停用端点，直到重新启用'),
        about: say('gives it no traffic until you enable it', '停用，直到重新启用'),
        positionals: [profile, endpoint],
        examples: ['qcc endpoint disable work 3f2a'],
        load: async () => (await import('./cli.ts')).disable,
      },
      test: {
        title: say('send endpoints a small request, and show what they answer', '发一个小问题，看端点如何应答'),
        about: say(
          'a tiny conversation with each; nothing is recorded; exit 7 when one fails',
          '与每个端点进行一次极小的对话；不记录；有失败则退出码 7',
        ),
        positionals: [profile, endpoint],
        required: 1,
        examples: ['qcc endpoint test work', 'qcc endpoint test work 3f2a'],
        load: async () => (await import('./checks-cli.ts')).testProfile,
      },
      stats: {
        title: say(
          'show requests, failures, times, tokens and cost of a profile',
          '某个配置的请求、失败、耗时、令牌和费用',
        ),
        about: say('as `qcc proxy stats`', '同 `qcc proxy stats`'),
        positionals: [profile],
        flags: { since },
        examples: ['qcc endpoint stats work --since -1h'],
        load: async () => (await import('./stats-cli.ts')).stats,
      },
    },
  },
};
