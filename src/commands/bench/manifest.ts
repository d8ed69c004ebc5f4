/** The benchmark's command. */
import { type Commands, option, say } from '../command.ts';

export const benchCommands: Commands = {
  bench: {
    title: say('measure the time that the gateway adds, and its throughput', '测量网关增加的耗时与吞吐量'),
    about: say(
      'sends the same requests straight to an upstream on this machine and through a gateway of its own, and compares throughput at full speed, and times to the first and the last byte at a fixed rate, each from when it was due. `--url` uses your own upstream',
      '把同样的请求直接发给本机上的上游，再经过单独的网关发送，比较全速时的吞吐量，以及固定速率下到首字节和末字节的耗时（从应发出的时刻算起）。`--url` 使用您自己的上游',
    ),
    flags: {
      concurrent: option('NUMBER', 'how many requests at once', '同时发出多少个请求', { default: '16' }),
      duration: option('SPAN', 'how long each measurement lasts', '每次测量的时长', { default: '3s' }),
      requests: option('NUMBER', 'this many requests each, however long they take', '每次测量的请求数，不限时长'),
      url: option('URL', 'an upstream of your own on this machine', '您在本机上的上游'),
    },
    examples: ['qcc bench', 'qcc bench --concurrent 64 --duration 10s'],
    load: async () => (await import('./cli.ts')).bench,
  },
};
