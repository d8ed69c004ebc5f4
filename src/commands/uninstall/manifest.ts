/** The command that removes qcc. */
import { type Commands, say, toggle } from '../command.ts';

export const uninstallCommands: Commands = {
  uninstall: {
    title: say('remove qcc, and restore everything to how it was before', '移除 qcc，恢复到安装之前的样子'),
    about: say(
      "restores Claude Code's former settings, stops the gateway, removes the service and, after asking, the home with its keys; keeps what qcc did not make",
      '还原 Claude Code 原来的设置，停止网关，移除服务，询问后删除数据目录及密钥；不是 qcc 创建的内容会保留',
    ),
    flags: { 'keep-home': toggle('leave keys, settings and history where they are', '保留密钥、设置和历史') },
    examples: ['qcc uninstall', 'qcc uninstall --keep-home'],
    load: async () => (await import('./cli.ts')).uninstall,
  },
};
