/** The command that opens the page. */
import { at, fromLog, port } from '../arguments.ts';
import { type Commands, type Flag, say, toggle } from '../command.ts';

const pagePort: Flag = { ...port, default: '7861', setting: 'dashboard.port' };

export const dashboardCommands: Commands = {
  dashboard: {
    title: say(
      'open the page in the browser: what happens, why, and what happened',
      '在浏览器中打开页面：现状、原因与过去',
    ),
    about: say(
      'for the running gateway, on this machine alone. The address holds a ticket that is good once and for a minute',
      '针对正在运行的网关，仅限本机。地址中的票据只能用一次，一分钟内有效',
    ),
    flags: {
      print: toggle('print the address, and open no browser', '只打印地址，不打开浏览器'),
      'read-only': toggle('the page can change nothing', '页面不能更改任何内容'),
      port: pagePort,
      at,
      'from-log': fromLog,
    },
    examples: ['qcc dashboard', 'qcc dashboard --print --read-only', 'qcc dashboard --from-log incident.jsonl.gz'],
    load: async () => (await import('./cli.ts')).dashboard,
  },
};
