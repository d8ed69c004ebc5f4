/** The commands of notifications. */
import { type Commands, say } from '../command.ts';

export const notifyCommands: Commands = {
  notify: {
    title: say('test the notifications about failover, recovery and outages', '测试切换、恢复和故障的通知'),
    examples: ['qcc config set notify.webhook -', 'qcc notify test'],
    sub: {
      test: {
        title: say('send a test message to where the notify.* settings point', '按 notify.* 的设置发一条测试消息'),
        about: say(
          'a test message wherever `notify.*` says, sent by the gateway while it runs; exit 7 when it did not arrive',
          '按 `notify.*` 的设置发一条测试消息，网关运行时由网关发送；未送达则退出码 7',
        ),
        examples: ['qcc notify test'],
        load: async () => (await import('./cli.ts')).test,
      },
    },
  },
};
