/** The commands of profiles. */

import {
  adapt,
  adaptThinking,
  apiKey,
  apiKeyEnv,
  apiKeyStdin,
  auth,
  baseUrl,
  model,
  noModel,
  noTest,
  preset,
} from '../arguments.ts';
import { argument, type Commands, option, say } from '../command.ts';

export const profileCommands: Commands = {
  add: {
    title: say('add a profile', '添加配置'),
    about: say(
      'a new profile, with its first endpoint if you give an address',
      '新配置；给出地址时，同时添加第一个端点',
    ),
    positionals: [argument('NAME')],
    flags: {
      description: option('TEXT', 'what it is for', '用途说明'),
      tier: option('primary|secondary|fallback', 'its place on the ladder', '所在层级'),
      'base-url': baseUrl,
      'api-key': apiKey,
      'api-key-stdin': apiKeyStdin,
      'api-key-env': apiKeyEnv,
      auth,
      preset,
      model,
      'no-model': noModel,
      adapt,
      'adapt-thinking': adaptThinking,
      'no-test': noTest,
    },
    examples: [
      'qcc add work',
      'qcc add work --base-url https://api.anthropic.com --api-key-stdin < key.txt',
      "qcc add glm --preset zai --api-key-env KEY --model 'opus=glm-5'",
    ],
    load: async () => (await import('./cli.ts')).add,
  },
  list: {
    title: say('list the profiles', '列出配置'),
    about: say('all profiles, with the active and the default one marked', '全部配置，并标出当前配置和默认配置'),
    examples: ['qcc list', 'qcc list --json'],
    load: async () => (await import('./cli.ts')).list,
  },
  default: {
    title: say('make a profile the default one', '把一个配置设为默认'),
    about: say('the profile that serves while none has a tier', '没有任何配置设置层级时，由该配置应答'),
    positionals: [argument('NAME', 'profiles')],
    examples: ['qcc default work'],
    load: async () => (await import('./cli.ts')).makeDefault,
  },
  describe: {
    title: say('change the description of a profile', '修改配置的说明'),
    about: say("sets the description; `''` removes it", "设置说明；`''` 清除说明"),
    positionals: [argument('NAME', 'profiles'), argument('TEXT')],
    examples: ['qcc describe work "the team\'s own account"'],
    load: async () => (await import('./cli.ts')).describe,
  },
  remove: {
    title: say('remove a profile and its endpoints', '删除配置及其端点'),
    about: say(
      'removes it with its endpoints, and destroys their keys; asks first',
      '连同端点一起删除，并销毁其密钥；会先询问',
    ),
    positionals: [argument('NAME', 'profiles')],
    examples: ['qcc remove work', 'qcc remove work --yes'],
    load: async () => (await import('./cli.ts')).remove,
  },
};
