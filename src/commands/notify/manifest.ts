/** The commands of notifications. */
import { type Commands, say } from '../command.ts';

export const notifyCommands: Commands = {
  notify: {
    title: say('test the notifications about failover, recovery and outages', '测试故障转移、恢复和服务中断的通知'),
    examples: ['qcc config set notify.webhook -', 'qcc notify test'],
    sub: {
      test: {
        title: say('send a test message to where the notify.* settings say', '按 notify.* 的设置发一条测试消息'),
        about: say(
          'a test message to where `notify.*` says, sent by the gateway if it is running; exit 7 if the message did not arrive',
          '按 `notify.*` 的设置发一条测试消息，网关运行时由网关发送；未送达时退出码为 7',
        ),
        examples: ['qcc notify test'],
        load: async () => (await import('./cli.ts')).test,
      },
    },
  },
};
