/** The commands of the retry queue. */

import { limit } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

export const queueCommands: Commands = {
  queue: {
    title: say(
      'show, retry and clear requests that no endpoint could answer yet',
      '查看、重试和清除暂时没有端点能应答的请求',
    ),
    examples: ['qcc queue status'],
    sub: {
      status: {
        title: say('show how many requests are queued, by state', '按状态统计队列中的请求'),
        about: say(
          'how many in each state, the oldest one, and what became of all that were ever queued',
          '各状态的数量、最早的一个，以及历来所有请求的结局',
        ),
        examples: ['qcc queue status'],
        load: async () => (await import('./cli.ts')).status,
      },
      list: {
        title: say('list the queued requests', '列出队列中的请求'),
        about: say(
          'the newest 50 unless `--limit` says otherwise, oldest first. States: `waiting`, `retrying`, `answered`, `dead` (given up), `unknown` (sent, then cut off: it may have been billed), `cancelled`',
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
          'one request with its facts; `--answer` prints the stored answer as it arrived. ID is its id or any unique beginning of it, or the id of its request or the end of that',
          '一个请求及其事实；`--answer` 原样输出保存的应答。ID 可以是它的编号或唯一的开头，也可以是其请求的编号或结尾',
        ),
        positionals: [argument('ID', 'queueItems')],
        flags: { answer: toggle('print the stored answer', '打印保存的应答') },
        examples: ['qcc queue show 3f2a', 'qcc queue show 3f2a --answer'],
        load: async () => (await import('./cli.ts')).show,
      },
      retry: {
        title: say('retry a queued request now', '立即重试队列中的一个请求'),
        about: say(
          'retries it at once, with its retries counted from zero; for one that is dead, unknown or waiting',
          '立即重试，重试次数从零计算；用于已放弃、未知或等待的请求',
        ),
        positionals: [argument('ID', 'queueItems')],
        examples: ['qcc queue retry 3f2a'],
        load: async () => (await import('./cli.ts')).retry,
      },
      'retry-all': {
        title: say('retry all queued requests that have no answer yet', '重试队列中所有未应答的请求'),
        about: say('retries them all at once, with their retries counted from zero', '立即全部重试，重试次数从零计算'),
        examples: ['qcc queue retry-all'],
        load: async () => (await import('./cli.ts')).retryAll,
      },
      drop: {
        title: say(
          'remove one request from the queue, and destroy what is stored of it',
          '移除队列中的一个请求，并销毁所保存的内容',
        ),
        about: say(
          'removes it, and destroys the key that it is encrypted with; asks first if it still waits for an answer',
          '移除并销毁加密它的密钥；若它仍在等待应答会先询问',
        ),
        positionals: [argument('ID', 'queueItems')],
        examples: ['qcc queue drop 3f2a', 'qcc queue drop 3f2a --yes'],
        load: async () => (await import('./cli.ts')).drop,
      },
      clear: {
        title: say(
          'remove requests from the queue, and destroy what it stored of them',
          '清除队列中的请求，并销毁所保存的内容',
        ),
        about: say(
          'removes them, and destroys the keys that they are encrypted with; asks first if some still wait for an answer',
          '清除并销毁加密它们的密钥；仍有请求在等待应答时会先询问',
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
          'shows the `queue.*` settings, or changes those that you give: all of them or none',
          '显示 `queue.*` 设置，或修改给出的设置：要么全部修改，要么都不修改',
        ),
        flags: {
          strategy: option('exponential|fixed|immediate', 'how the delay between retries grows', '重试间隔如何增长', {
            default: 'exponential',
            setting: 'queue.strategy',
          }),
          'max-retries': option('NUMBER', 'retries before a request is given up', '放弃前的重试次数', {
            default: '5',
            setting: 'queue.max_retries',
          }),
          'max-size': option('NUMBER', 'the most requests that are kept', '最多保存的请求数', {
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
