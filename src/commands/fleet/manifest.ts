/** The commands of the fleet. */
import { argument, type Commands, say, toggle } from '../command.ts';

export const fleetCommands: Commands = {
  fleet: {
    title: say('share with other gateways which keys were refused', '与其他网关共享哪些密钥被拒'),
    examples: ['qcc fleet status'],
    sub: {
      status: {
        title: say('show whether this gateway is in a fleet, and how it goes', '查看本网关是否在集群中及其状况'),
        about: say(
          'the server, this gateway’s name in the fleet, whether the server answers, what was told and heard, and what was refused and why',
          '服务器、本网关在集群中的名称、服务器是否有应答、已告知和听到的消息，以及被拒的消息和原因',
        ),
        examples: ['qcc fleet status'],
        load: async () => (await import('./cli.ts')).status,
      },
      members: {
        title: say('list the other gateways of the fleet', '列出集群中的其他网关'),
        about: say('each with when it was last heard', '各自最后一次有消息的时间'),
        examples: ['qcc fleet members'],
        load: async () => (await import('./cli.ts')).members,
      },
      beliefs: {
        title: say('list what other gateways say of this one’s endpoints', '列出其他网关对本网关端点的说法'),
        about: say(
          'what still counts: who said it, why, and until when. `--forget` undoes it, of one endpoint or of all, and does not believe the same gateways again for an hour',
          '仍然作数的说法：由谁、因何、到何时。`--forget` 将其作废（一个端点或全部），一小时内不再相信同样的网关',
        ),
        positionals: [argument('ENDPOINT', 'endpoints')],
        required: 0,
        flags: { forget: toggle('what they say does not count', '其说法不作数') },
        examples: ['qcc fleet beliefs', 'qcc fleet beliefs --forget', 'qcc fleet beliefs 3f9a --forget'],
        load: async () => (await import('./cli.ts')).beliefs,
      },
      leave: {
        title: say('leave the fleet', '离开集群'),
        about: say(
          'tells the others, unsets `fleet.url`, and forgets what they said; the other settings stay for the next time',
          '告知其他网关，清除 `fleet.url`，并作废它们的说法；其他设置保留',
        ),
        examples: ['qcc fleet leave'],
        load: async () => (await import('./cli.ts')).leave,
      },
    },
  },
};
