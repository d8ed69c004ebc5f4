/** The commands of the retry queue. */

import { limit } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

export const queueCommands: Commands = {
  queue: {
    title: say(
      'show, retry and clear requests that no endpoint could answer yet',
      '重试队列：暂时没有端点能应答的请求',
    ),
    examples: ['qcc queue status'],
    sub: {
      status: {
        title: say('show how many requests are queued, by state', '按状态统计队列中的请求'),
        about: say(
          'how many in which state, the oldest one, and what became of all there ever were',
          '各状态的数量、最早的一个，以及全部请求的结局',
        ),
        examples: ['qcc queue status'],
        load: async () => (await import('./cli.ts')).status,
      },
      list: {
        title: say('list the queued requests', '列出队列中的请求'),
        about: say(
          'the newest 50 unless `--limit` says otherwise, oldest first. States: `waiting`, `retrying`, `answered`, `dead` (given up), `unknown` (sent, and cut off: it may have been billed), `cancelled`',
          '默认最新 50 个，旧的在前。状态：`waiting`（等待）、`retrying`（重试中）、`answered`（已应答）、`dead`（已放弃）、`unknown`（已发出但被中断：可能已计费）、`cancelled`（已清除）',
        ),
        flags: {
          limit: { ...limit, default: '50' },
          state: option(
            'waiting|retrying|answered|dead|unknown|cancelled',
            'only those in this state',
            '只含该状态的：等待、重试中、已应答、已放弃、未知、已清除',
          ),
        },
        examples: ['qcc queue list --state waiting', 'qcc queue list -n 10'],
        load: async () => (await import('./cli.ts')).list,
      },
      show: {
        title: say('show what happened to a queued request, or its answer', '查看队列中一个请求的经过或应答'),
        about: say(
          "one with its facts; `--answer` prints the stored answer as it came. A unique beginning of the id is enough, or its request's id, or the end of it",
          '查看一个及其事实；`--answer` 原样打印保存的应答。编号的唯一开头即可，也可用其请求的编号或其结尾',
        ),
        positionals: [argument('ID', 'queueItems')],
        flags: { answer: toggle('print the stored answer', '打印保存的应答') },
        examples: ['qcc queue show 3f2a', 'qcc queue show 3f2a --answer'],
        load: async () => (await import('./cli.ts')).show,
      },
      retry: {
        title: say('retry a queued request now', '立即重试队列中的一个请求'),
        about: say(
          'now, with all its retries anew; of what is dead, unknown or waiting',
          '立即重试，重试次数重新计算；用于已放弃、未知或等待的',
        ),
        positionals: [argument('ID', 'queueItems')],
        examples: ['qcc queue retry 3f2a'],
        load: async () => (await import('./cli.ts')).retry,
      },
      'retry-all': {
        title: say('retry all queued requests that have no answer yet', '重试队列中所有未应答的请求'),
        about: say('the same for all of them', '对全部如此'),
        examples: ['qcc queue retry-all'],
        load: async () => (await import('./cli.ts')).retryAll,
      },
      clear: {
        title: say(
          'remove requests from the queue, and destroy what was kept of them',
          '清除队列中的请求，并销毁所保存的内容',
        ),
        about: say(
          'removes them and destroys their keys; asks when some still wait for an answer',
          '清除并销毁其密钥；仍有等待应答的则询问',
        ),
        flags: {
          state: option(
            'waiting|retrying|answered|dead|unknown|cancelled',
            'only those in this state',
            '只含该状态的：等待、重试中、已应答、已放弃、未知、已清除',
          ),
        },
        examples: ['qcc queue clear --state dead', 'qcc queue clear --yes'],
        load: async () => (await import('./cli.ts')).clear,
      },
      config: {
        title: say('show or change the settings of the retry queue', '查看或修改重试队列的设置'),
        about: say(
          'shows the `queue.*` settings, or changes them, all or nothing',
          '显示 `queue.*` 设置或修改，要么全改要么不改',
        ),
        flags: {
          strategy: option('exponential|fixed|immediate', 'how delays between retries grow', '重试间隔的策略', {
            default: 'exponential',
            setting: 'queue.strategy',
          }),
          'max-retries': option('NUMBER', 'retries before it is given up', '放弃前的重试次数', {
            default: '5',
            setting: 'queue.max_retries',
          }),
          'max-size': option('NUMBER', 'requests that are kept at most', '最多保存的请求数', {
            default: '1000',
            setting: 'queue.max_size',
          }),
          'base-delay': option('SPAN', 'the first delay', '首次延迟', { default: '5s', setting: 'queue.base_delay' }),
          'max-delay': option('SPAN', 'the longest delay', '最长延迟', { default: '300s', setting: 'queue.max_delay' }),
          enable: toggle('queue requests that no endpoint can answer', '保存无法应答的请求'),
          disable: toggle('refuse requests that no endpoint can answer', '拒绝无法应答的请求'),
        },
        examples: ['qcc queue config --strategy fixed --base-delay 10s', 'qcc queue config --disable'],
        load: async () => (await import('./cli.ts')).configure,
      },
    },
  },
};
