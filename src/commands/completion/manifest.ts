/** The commands of completion. */
import { argument, type Commands, say } from '../command.ts';

export const completionCommands: Commands = {
  completion: {
    title: say('print the completion script for your shell', '输出 shell 的补全脚本'),
    about: say(
      'the script that completes commands, flags, settings, and the names of your profiles, endpoints and snapshots',
      '补全脚本：命令、选项、设置，以及您的配置、端点和快照的名称',
    ),
    positionals: [argument('bash|zsh|fish|pwsh')],
    examples: ['source <(qcc completion bash)', 'qcc completion fish | source'],
    load: async () => (await import('./cli.ts')).completion,
  },
};
