/** The demo's command. */

import { port } from '../arguments.ts';
import { type Commands, option, say, toggle } from '../command.ts';

export const demoCommands: Commands = {
  demo: {
    title: say('try qcc with simulated endpoints and faults; no key needed', '用模拟端点与故障演示 qcc，无需密钥'),
    about: say(
      'simulated endpoints, a gateway in a temporary home, a day of faults; `--once` plays it once; `--keep` keeps the home, and lists commands to try on it',
      '模拟端点、使用临时数据目录的网关、一天的故障；`--once` 只播一遍；`--keep` 保留数据目录，并列出可以试用的命令',
    ),
    flags: {
      port,
      keep: option(
        'DIR',
        'keep the home in this new folder, to explore it afterwards',
        '把数据目录保留在这个新文件夹里，以便事后查看',
      ),
      once: toggle('play the day once, then end', '只演示一遍'),
      speed: option('NUMBER', 'how many times faster', '加速倍数', { default: '1' }),
    },
    examples: ['qcc demo', 'qcc demo --once --speed 10', 'qcc demo --once --keep /tmp/qcc-demo'],
    load: async () => (await import('./cli.ts')).demo,
  },
};
