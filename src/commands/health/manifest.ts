/** The commands of health. */

import { endpoint, limit, since, verbose, watch } from '../arguments.ts';
import { type Commands, option, say, toggle } from '../command.ts';

export const healthCommands: Commands = {
  health: {
    title: say('show, test and reset the health of endpoints', '查看、测试和重置端点的健康状态'),
    examples: ['qcc health status'],
    sub: {
      status: {
        title: say('show the state of each endpoint, since when, and why', '查看各端点的状态、持续时间与原因'),
        about: say(
          'state, since when and until when, success rate, mean response time, what comes next and when, last error; models that it says it does not have, and until when',
          '状态、何时起、到何时、成功率、平均响应时间、下一步及其时间、最近错误；端点称没有哪些模型，到何时为止',
        ),
        flags: { watch },
        examples: ['qcc health status', 'qcc health status --watch'],
        load: async () => (await import('./cli.ts')).status,
      },
      check: {
        title: say('probe endpoints now; the results count', '立即探测端点，结果计入健康状态'),
        about: say(
          'the gateway has a tiny conversation with each, and the results count; exit 3 without a gateway, 7 if one fails',
          '由网关立即与每个端点进行一次极小的对话，结果计入健康状态；没有网关时退出码为 3，有失败时为 7',
        ),
        positionals: [endpoint],
        required: 0,
        examples: ['qcc health check', 'qcc health check relay'],
        load: async () => (await import('./cli.ts')).check,
      },
      test: {
        title: say('probe endpoints without recording the result', '探测端点，不作记录'),
        about: say(
          'the same conversation from this command: nothing is recorded, and no gateway is needed',
          '同样的对话，但由本命令发出：不作记录，也不需要网关',
        ),
        positionals: [endpoint],
        required: 0,
        flags: { verbose },
        examples: ['qcc health test', 'qcc health test relay --verbose'],
        load: async () => (await import('./cli.ts')).test,
      },
      reset: {
        title: say('let a failed or paused endpoint recover now', '让失败或暂停的端点立即开始恢复'),
        about: say(
          'moves it from failed or paused to recovering at once, and forgets which models it says it does not have',
          '立即从失败或暂停转为恢复中，并忘掉它称没有的模型',
        ),
        positionals: [endpoint],
        examples: ['qcc health reset relay'],
        load: async () => (await import('./cli.ts')).reset,
      },
      metrics: {
        title: say(
          'show success rates, times and scores of endpoints, and what probing has cost',
          '查看端点的成功率、耗时、评分，以及探测的花费',
        ),
        about: say(
          'success rate (all, and the last 20), mean and P95 response time, the stability score and its parts, streaks, results by verdict, weight, and what probing has cost and decided. `--since -1h` counts only the last hour',
          '成功率（全部与最近 20 次）、平均与 P95 响应时间、稳定度及其组成、连续次数、按结论计数、权重，以及探测的花费和促成的决定。`--since -1h` 只统计最近一小时',
        ),
        positionals: [endpoint],
        required: 0,
        flags: { since },
        examples: ['qcc health metrics', 'qcc health metrics relay --since -1h'],
        load: async () => (await import('./cli.ts')).metrics,
      },
      history: {
        title: say('list past probes of an endpoint, and what each led to', '列出端点过去的探测及其后果'),
        about: say(
          'past probes, newest first: depth, verdict, time, tokens, and the decision that each led to',
          '过去的探测，新的在前：深度、结论、时间、令牌，以及各自促成的决定',
        ),
        positionals: [endpoint],
        flags: { limit: { ...limit, default: '50' } },
        examples: ['qcc health history relay -n 10'],
        load: async () => (await import('./cli.ts')).history,
      },
      config: {
        title: say(
          'show or change how endpoints are probed, and whether weights adapt',
          '查看或修改探测方式、频率与权重调整',
        ),
        about: say('shows the `health.*` settings, or changes them', '显示或修改 `health.*` 设置'),
        flags: {
          mode: option(
            'passive|active|off',
            'which endpoints are probed: those in trouble, all, or none',
            '探测范围：仅异常端点、全部、不探测',
            { default: 'passive', setting: 'health.mode' },
          ),
          interval: option('SPAN', 'time between two probes of one endpoint', '同一端点两次探测的间隔', {
            default: '60s',
            setting: 'health.check_interval',
          }),
          timeout: option('SPAN', 'how long a probe may take', '一次探测的时限', {
            default: '10s',
            setting: 'health.timeout',
          }),
          model: option(
            'MODEL',
            'the model that probes use; "" is the cheapest that works',
            '探测所用模型；"" 表示最便宜的可用模型',
          ),
          'min-checks': option('NUMBER', 'results before a weight is adjusted', '调整权重前至少的结果数', {
            default: '3',
            setting: 'health.min_checks',
          }),
          'enable-weight-adjustment': toggle('let weights follow what endpoints do', '按表现调整权重'),
          'disable-weight-adjustment': toggle('use your own weights', '使用您设定的权重'),
        },
        examples: ['qcc health config', 'qcc health config --mode active --interval 30s'],
        load: async () => (await import('./cli.ts')).config,
      },
    },
  },
};
