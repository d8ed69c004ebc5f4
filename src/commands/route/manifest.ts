/** The command that asks where the next request goes. */

import { fromLog } from '../arguments.ts';
import { type Commands, option, say } from '../command.ts';

export const routeCommands: Commands = {
  route: {
    title: say(
      'show where the next request would go, and why not elsewhere',
      '查看下一个请求会发往哪里，以及为何不去别处',
    ),
    about: say(
      'every endpoint of the ladder, in the order in which it would be asked, with the rule that takes it or leaves it out; based on the log alone, so requests in flight do not count',
      '按尝试的顺序列出梯级中的每个端点，以及选用或排除它的规则；只依据日志，不计进行中的请求',
    ),
    flags: {
      session: option(
        'ID',
        'for this session, which stays where its prompt cache is',
        '针对该会话，它会留在保有其提示缓存的端点',
      ),
      model: option('NAME', 'for this model', '针对该模型'),
      'from-log': fromLog,
    },
    examples: ['qcc route', 'qcc route --model claude-sonnet-4-5', 'qcc route --session 5c1fd3a0'],
    load: async () => (await import('./cli.ts')).route,
  },
};
