/** The commands that show the machines. */

import { at, fromLog } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

export const debugCommands: Commands = {
  debug: {
    title: say(
      'show the state of endpoints, ladder and queue, and what changes it next',
      '查看端点、梯级和队列的状态及其下一步',
    ),
    about: say(
      'each machine: its state, since when, why it takes no requests, and what would move it where, when, and why. `--watch` is a live view: states, timers that count down, the latest facts; press `q` to quit',
      '每个状态机：状态、何时起、为何不接请求，什么会使它变到哪里、何时、为何。`--watch` 是实时视图：状态、倒计时、最近的事实；按 `q` 退出',
    ),
    positionals: [argument('KIND|ID', 'machines')],
    required: 0,
    flags: { at, watch: toggle('a live view, until you press q', '实时视图，按 q 退出'), 'from-log': fromLog },
    examples: ['qcc debug', 'qcc debug endpoint', 'qcc debug relay', 'qcc debug --at -15m', 'qcc debug --watch'],
    load: async () => (await import('./cli.ts')).debug,
    sub: {
      chart: {
        title: say('draw a state machine, and mark its present state', '绘制状态机的图，并标出当前状态'),
        about: say(
          'the chart of a kind (`endpoint`, `priority`, `queueItem`, `gateway`) or of one machine, drawn from the machine itself, with its present state marked',
          '某一类（`endpoint`、`priority`、`queueItem`、`gateway`）或某一个状态机的图，直接由状态机绘制，并标出当前状态',
        ),
        positionals: [argument('KIND|ID', 'machines')],
        flags: {
          format: option('text|mermaid|dot|json', 'how it is drawn', '绘制方式', { default: 'text' }),
          'from-log': fromLog,
        },
        examples: ['qcc debug chart endpoint', 'qcc debug chart relay --format mermaid'],
        load: async () => (await import('./chart-cli.ts')).chart,
      },
    },
  },
};
