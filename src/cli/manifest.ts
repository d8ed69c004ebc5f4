/** Every command: the manifests of all nouns in one tree. The build makes one module of it, so that help loads no more. */

import { benchCommands } from '../commands/bench/manifest.ts';
import { clientCommands } from '../commands/client/manifest.ts';
import { type Command, type Flags, option, type Said, say, toggle } from '../commands/command.ts';
import { completionCommands } from '../commands/completion/manifest.ts';
import { configCommands } from '../commands/config/manifest.ts';
import { dashboardCommands } from '../commands/dashboard/manifest.ts';
import { debugCommands } from '../commands/debug/manifest.ts';
import { demoCommands } from '../commands/demo/manifest.ts';
import { endpointCommands } from '../commands/endpoint/manifest.ts';
import { fleetCommands } from '../commands/fleet/manifest.ts';
import { gatewayCommands } from '../commands/gateway/manifest.ts';
import { healthCommands } from '../commands/health/manifest.ts';
import { historyCommands } from '../commands/history/manifest.ts';
import { incidentsCommands } from '../commands/incidents/manifest.ts';
import { notifyCommands } from '../commands/notify/manifest.ts';
import { priorityCommands } from '../commands/priority/manifest.ts';
import { profileCommands } from '../commands/profile/manifest.ts';
import { queueCommands } from '../commands/queue/manifest.ts';
import { routeCommands } from '../commands/route/manifest.ts';
import { bare, setupCommands } from '../commands/setup/manifest.ts';
import { syncCommands } from '../commands/sync/manifest.ts';
import { tokenCommands } from '../commands/token/manifest.ts';
import { uninstallCommands } from '../commands/uninstall/manifest.ts';

export const globalFlags: Flags = {
  json: toggle('one JSON document on stdout', '在标准输出打印一个 JSON 文档'),
  quiet: toggle('no messages, only data and errors', '不显示消息，只输出数据和错误', { alias: 'q' }),
  yes: toggle('do not ask, the answer is yes', '不询问，一律视为同意', { alias: 'y' }),
  'no-input': toggle('never ask for anything', '从不询问'),
  lang: option('en|zh-CN', 'the language of messages', '消息的语言'),
  'no-color': toggle('no colours', '不使用颜色'),
  help: toggle('this help', '显示本帮助', { alias: 'h' }),
};

/** The commands under headings, in the order in which a newcomer needs them. */
export const sections: readonly (readonly [Said, readonly string[]])[] = [
  [say('Set up', '安装设置'), ['init', 'demo', 'fc', 'add', 'endpoint', 'use', 'proxy']],
  [say('Use', '日常使用'), ['code', 'env', 'statusline', 'completion']],
  [say('See what happens now', '查看现状'), ['status', 'dashboard', 'list', 'health', 'route', 'queue', 'debug']],
  [say('See what happened', '查看过去'), ['incidents', 'history']],
  [say('Arrange', '调整'), ['config', 'priority', 'default', 'describe', 'remove', 'notify', 'token', 'fleet', 'sync']],
  [say('Look after', '维护'), ['bench', 'uninstall']],
];

export const root: Command = {
  ...bare,
  sub: {
    ...setupCommands,
    ...profileCommands,
    ...clientCommands,
    ...gatewayCommands,
    ...endpointCommands,
    ...priorityCommands,
    ...healthCommands,
    ...queueCommands,
    ...configCommands,
    ...historyCommands,
    ...incidentsCommands,
    ...routeCommands,
    ...dashboardCommands,
    ...debugCommands,
    ...notifyCommands,
    ...syncCommands,
    ...tokenCommands,
    ...fleetCommands,
    ...benchCommands,
    ...completionCommands,
    ...uninstallCommands,
    ...demoCommands,
  },
};
