/** The commands of named tokens. */
import { argument, type Commands, option, say } from '../command.ts';

const name = argument('NAME', 'tokens');
const limitUsd = option(
  'USD/day|USD/month',
  'what it may spend: 20/day, 300/month',
  '花费上限（美元）：20/day、300/month',
);
const profile = option('NAME', 'its requests stay in this profile', '其请求只使用该配置');
const atOnce = option('NUMBER', 'requests at once', '同时进行的请求数上限');
const expires = option('SPAN', 'it holds for so long: 30d, 12h; none: for ever', '有效期：30d、12h；none：永久');

export const tokenCommands: Commands = {
  token: {
    title: say('named tokens: one for each client of this gateway', '访问令牌：网关的每个客户端一个'),
    examples: ['qcc token add laptop', 'qcc token list'],
    sub: {
      add: {
        title: say('make a token and show it, once', '创建访问令牌并显示一次'),
        about: say(
          'makes a token for one client; it is shown once, and only a keyed hash of it is kept. Into a pipe it prints the token alone',
          '为一个客户端创建访问令牌；只显示一次，只保存其带密钥的散列值。输出到管道时只打印令牌本身',
        ),
        positionals: [argument('NAME')],
        flags: {
          profile,
          'limit-usd': limitUsd,
          'max-concurrent': atOnce,
          expires,
        },
        examples: ['qcc token add laptop', 'qcc token add ann --profile work --limit-usd 20/day --expires 30d'],
        load: async () => (await import('./cli.ts')).addToken,
      },
      list: {
        title: say('list the tokens', '列出访问令牌'),
        about: say(
          'all of them, also expired and revoked ones: to what each is bound, what it has spent, and when it was last used',
          '列出全部访问令牌，包括已过期和已吊销的：各自的限制、已花费的金额和最近一次使用时间',
        ),
        examples: ['qcc token list', 'qcc token list --json'],
        load: async () => (await import('./cli.ts')).listTokens,
      },
      change: {
        title: say('change what a token is bound to', '修改访问令牌的限制'),
        about: say('the token itself stays; `none` takes a bound away', '令牌本身不变；`none` 去掉一项限制'),
        positionals: [name],
        flags: { profile, 'limit-usd': limitUsd, 'max-concurrent': atOnce },
        examples: ['qcc token change laptop --limit-usd 40/day', 'qcc token change laptop --profile none'],
        load: async () => (await import('./cli.ts')).changeToken,
      },
      rotate: {
        title: say('replace a token by a new one', '更换访问令牌'),
        about: say(
          'shows the new token once; the former one ends at once. What it is bound to stays, and its lifetime begins anew',
          '显示一次新令牌，旧令牌立即失效。原有限制不变，有效期重新计算',
        ),
        positionals: [name],
        flags: { expires },
        examples: ['qcc token rotate laptop', 'qcc token rotate laptop --expires 90d --yes'],
        load: async () => (await import('./cli.ts')).rotateToken,
      },
      revoke: {
        title: say('end a token', '吊销访问令牌'),
        about: say(
          'requests with it are refused from now on; those that run go on to their end. Asks first',
          '此后拒绝使用它的请求；正在进行的请求会完成。会先询问',
        ),
        positionals: [name],
        examples: ['qcc token revoke laptop', 'qcc token revoke laptop --yes'],
        load: async () => (await import('./cli.ts')).revokeToken,
      },
    },
  },
};
