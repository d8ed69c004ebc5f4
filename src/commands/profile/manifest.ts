/** The commands of profiles. */

import { apiKey, apiKeyEnv, apiKeyStdin, auth, baseUrl, noTest, preset } from '../arguments.ts';
import { argument, type Commands, option, say } from '../command.ts';

export const profileCommands: Commands = {
  add: {
    title: say('add a profile', '添加配置'),
    about: say('a profile, with its first endpoint when an address is given', '新配置；给出地址时带第一个端点'),
    positionals: [argument('NAME')],
    flags: {
      description: option('TEXT', 'what it is for', '用途说明'),
      tier: option('primary|secondary|fallback', 'where it stands on the ladder', '所在层级'),
      'base-url': baseUrl,
      'api-key': apiKey,
      'api-key-stdin': apiKeyStdin,
      'api-key-env': apiKeyEnv,
      auth,
      preset,
      'no-test': noTest,
    },
    examples: ['qcc add work', 'qcc add work --base-url https://api.anthropic.com --api-key-stdin < key.txt'],
    load: async () => (await import('./cli.ts')).add,
  },
  list: {
    title: say('list the profiles', '列出配置'),
    about: say('profiles, the active one, the default one', '所有配置、当前配置、默认配置'),
    examples: ['qcc list', 'qcc list --json'],
    load: async () => (await import('./cli.ts')).list,
  },
  default: {
    title: say('make a profile the default one', '把一个配置设为默认'),
    about: say('where the ladder starts while no profile has a tier', '没有任何配置设层级时，从哪里开始'),
    positionals: [argument('NAME', 'profiles')],
    examples: ['qcc default work'],
    load: async () => (await import('./cli.ts')).makeDefault,
  },
  describe: {
    title: say('change the description of a profile', '修改配置的说明'),
    about: say("changes its description; `''` takes it away", "修改说明；`''` 清除说明"),
    positionals: [argument('NAME', 'profiles'), argument('TEXT')],
    examples: ['qcc describe work "the team\'s own account"'],
    load: async () => (await import('./cli.ts')).describe,
  },
  remove: {
    title: say('remove a profile and its endpoints', '删除配置及其端点'),
    about: say('with its endpoints and their keys; asks', '连同端点和密钥；会询问'),
    positionals: [argument('NAME', 'profiles')],
    examples: ['qcc remove work', 'qcc remove work --yes'],
    load: async () => (await import('./cli.ts')).remove,
  },
};
