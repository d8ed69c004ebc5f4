/** How a person begins: bare `qcc`, and `qcc init`. */

import { fiveCommands } from '../../messages/five-commands.ts';
import { type Command, type Commands, say } from '../command.ts';

/** Without a terminal its examples are what a person is shown: the five commands that set qcc up. */
export const bare: Command = {
  title: say('set qcc up, or show its status (on a terminal)', '设置 qcc，或显示状态（终端中）'),
  about: say(
    'on a terminal: if nothing is set up yet, a guided set-up; otherwise what `qcc status` shows. It starts nothing. Elsewhere: the help, with the five commands that set qcc up',
    '在终端上：尚未设置时逐步引导设置，之后显示 `qcc status` 的内容，不启动任何程序；其他情况下显示帮助，其中有设置所需的五条命令',
  ),
  examples: fiveCommands,
  load: async () => (await import('./cli.ts')).bare,
};

export const setupCommands: Commands = {
  init: {
    title: say('set qcc up: its home, endpoints, service, Claude Code', '设置 qcc：数据目录、端点、服务、Claude Code'),
    about: say(
      'creates the home and the master key, unless they exist. On a terminal a guided set-up follows: an endpoint from cc-switch, fastcc, Claude Code, a preset or by hand, its test, another endpoint, the service, Claude Code',
      '创建数据目录和主密钥，已存在时不作改动。在终端上随后逐步引导设置：从 cc-switch、fastcc、Claude Code、预设或手动添加端点，测试，再加一个，安装服务，接入 Claude Code',
    ),
    examples: ['qcc init', 'qcc init --no-input'],
    load: async () => (await import('./cli.ts')).init,
  },
};
