/** The commands of the configuration: settings, import and export, checks, snapshots. */

import { limit, profile, since, until } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

export const configCommands: Commands = {
  config: {
    title: say('settings, snapshots, backups, and checks of the installation', '设置、快照、备份，以及对安装的检查'),
    examples: ['qcc config list'],
    sub: {
      get: {
        title: say('print the value of one setting', '显示一项设置的值'),
        positionals: [argument('KEY', 'settings')],
        examples: ['qcc config get proxy.port'],
        load: async () => (await import('./cli.ts')).get,
      },
      describe: {
        title: say('explain a setting: what it does, its range, its value', '说明一项设置：作用、范围、当前值'),
        about: say(
          'what it does, its value and where that comes from, its default, range and unit, whether a change needs a restart, and the variable that overrides it',
          '作用、当前值及其来源、默认值、范围、单位、是否需要重启，以及可覆盖它的环境变量',
        ),
        positionals: [argument('KEY', 'settings')],
        examples: ['qcc config describe failover.cooldown'],
        load: async () => (await import('./describe-cli.ts')).describe,
      },
      set: {
        title: say('change one setting', '修改一项设置'),
        about: say(
          'takes effect at once, or says that it needs a restart; `-` reads the value from stdin',
          '立即生效，或说明需要重启；值写 `-` 则从标准输入读取',
        ),
        positionals: [argument('KEY', 'settings'), argument('VALUE', 'settingValues')],
        examples: ['qcc config set failover.cooldown 120'],
        load: async () => (await import('./cli.ts')).set,
      },
      list: {
        title: say('list all settings', '列出全部设置'),
        about: say('every setting, with its value and range', '全部设置及其值和范围'),
        flags: { 'show-origin': toggle('where each value comes from', '显示每个值的来源') },
        examples: ['qcc config list --show-origin'],
        load: async () => (await import('./cli.ts')).list,
      },
      reset: {
        title: say('set one setting, or all, back to the default', '将一项或全部设置恢复默认'),
        about: say(
          'back to the default; without KEY every setting, after asking',
          '恢复默认值；不写 KEY 则恢复全部设置，会先询问',
        ),
        positionals: [argument('KEY', 'settings')],
        required: 0,
        examples: ['qcc config reset proxy.port'],
        load: async () => (await import('./cli.ts')).reset,
      },
      export: {
        title: say(
          'write profiles and settings to a file; keys only under a passphrase',
          '导出配置和设置；密钥须用口令加密',
        ),
        about: say(
          'profiles, endpoints and settings; keys only under a passphrase (`QCC_PASSPHRASE`, or asked for)',
          '配置、端点和设置；密钥须用口令加密（`QCC_PASSPHRASE`，或询问）',
        ),
        positionals: [argument('FILE')],
        flags: {
          'with-secrets': toggle(
            'keys too, under a passphrase (QCC_PASSPHRASE, or asked for)',
            '包含密钥，用口令加密（QCC_PASSPHRASE 或询问）',
          ),
        },
        examples: ['qcc config export qcc.json', 'qcc config export all.json --with-secrets'],
        load: async () => (await import('./transfer-cli.ts')).exportTo,
      },
      import: {
        title: say(
          'read profiles and settings from a file of qcc, fastcc or cc-switch',
          '从 qcc、fastcc 或 cc-switch 的文件导入',
        ),
        about: say(
          'imports all of a file or nothing; shows the changes and asks. Without FILE: from where fastcc or cc-switch keeps its own. `--partial` leaves out what cannot be imported',
          '全部导入或不做任何更改；显示更改并询问。不写 FILE：读取 fastcc 或 cc-switch 自己的文件。`--partial` 略过无法导入的部分',
        ),
        positionals: [argument('FILE')],
        required: 0,
        flags: {
          from: option(
            'qcc|fastcc|cc-switch',
            'which program the file is from; without FILE, it is looked for where that program keeps it',
            '文件来自哪个程序；未给出文件时在该程序的默认位置查找',
          ),
          'dry-run': toggle('only show what would change', '只显示将有的更改'),
          partial: toggle('skip what cannot be done, and do the rest', '略过无法处理的部分，其余照做'),
        },
        examples: [
          'qcc config import qcc.json --dry-run',
          'qcc config import --from fastcc',
          'qcc config import --from cc-switch',
        ],
        load: async () => (await import('./transfer-cli.ts')).importFrom,
      },
      backup: {
        title: say(
          'copy the whole home into one file, even while the gateway runs',
          '把整个数据目录备份为一个文件，网关运行时也可以',
        ),
        about: say(
          'the whole home in one `.tar.gz`, consistent while the gateway runs; keep it like a key',
          '把整个数据目录打包为一个 `.tar.gz`，网关运行时也保持一致；请像密钥一样保管',
        ),
        positionals: [argument('FILE')],
        examples: ['qcc config backup qcc.tar.gz'],
        load: async () => (await import('./backup-cli.ts')).backup,
      },
      restore: {
        title: say('restore a backup into an empty home', '用备份恢复到空的数据目录'),
        about: say(
          'only into an empty home; exit 6 otherwise. A backup in a newer format is refused, and nothing is touched',
          '只能恢复到空的数据目录，否则退出码为 6。格式更新的备份会被拒绝，不做任何更改',
        ),
        positionals: [argument('FILE')],
        examples: ['QCC_HOME=~/other qcc config restore qcc.tar.gz'],
        load: async () => (await import('./backup-cli.ts')).restoreFrom,
      },
      validate: {
        title: say('check whether profiles and settings can work', '检查配置和设置能否工作'),
        about: say(
          'checks endpoints, the ladder, and settings that contradict each other; `--connect` also calls each endpoint, at no cost; exit 7 on a fault, not on a warning',
          '检查端点、梯级和相互矛盾的设置；`--connect` 还会连接每个端点，不产生费用；有错误时退出码为 7，警告不算',
        ),
        positionals: [profile],
        required: 0,
        flags: { connect: toggle('also call every endpoint, at no cost', '同时连接每个端点；不产生费用') },
        examples: ['qcc config validate', 'qcc config validate work --connect'],
        load: async () => (await import('../doctor/cli.ts')).validate,
      },
      doctor: {
        title: say('check the whole installation, and say how to fix it', '检查整个安装，并给出修复方法'),
        about: say(
          "the whole installation: files, disk, log, port, service, Claude Code's settings, the environment; `--fix` repairs file modes and removes leftovers, sets damaged files aside, and creates a new vault where nothing opens the old one (its keys must be given again)",
          '整个安装：文件、磁盘、日志、端口、服务、Claude Code 的设置、环境变量；`--fix` 修复文件权限和残留文件，把损坏的文件放到一旁，并在旧保险库无法打开时新建一个（需重新提供密钥）',
        ),
        flags: {
          fix: toggle('fix what is safe to fix: file modes, leftovers', '修复可安全修复的：文件权限、残留文件'),
          connect: toggle('also call every endpoint, at no cost', '同时连接每个端点；不产生费用'),
        },
        examples: ['qcc config doctor', 'qcc config doctor --fix'],
        load: async () => (await import('../doctor/cli.ts')).doctor,
      },
      snapshot: {
        title: say('save the present configuration, to return to it later', '为当前的配置保存快照，以便日后恢复'),
        about: say('keeps the configuration as it is now, described by TEXT', '保存当前的配置，TEXT 是它的说明'),
        positionals: [argument('TEXT')],
        required: 0,
        examples: ['qcc config snapshot "before the new relay"'],
        load: async () => (await import('./snapshots-cli.ts')).snapshot,
      },
      snapshots: {
        title: say('list the snapshots of the configuration', '列出配置的快照'),
        about: say('the snapshots, newest first', '全部快照，新的在前'),
        examples: ['qcc config snapshots'],
        load: async () => (await import('./snapshots-cli.ts')).snapshots,
      },
      diff: {
        title: say(
          'compare the configuration of two moments, or of a moment and a file',
          '比较两个时刻的配置，或与文件比较',
        ),
        about: say(
          "what differs between two moments; B defaults to now. A moment is a snapshot (`s120`), a fact (`'#118'`), a time (`-15m`, `yesterday`), `now`, or an exported file",
          "两个时刻的差异，B 默认为现在；时刻可以是快照（`s120`）、事实（`'#118'`）、时间（`-15m`、`yesterday`）、`now`，或导出的文件",
        ),
        positionals: [argument('A', 'snapshots'), argument('B', 'snapshots')],
        required: 1,
        examples: ['qcc config diff s120', 'qcc config diff yesterday now', 'qcc config diff qcc.json'],
        load: async () => (await import('./snapshots-cli.ts')).diff,
      },
      rollback: {
        title: say(
          'go back to the configuration of a moment, or undo the last change',
          '回到某个时刻的配置，或撤销上次更改',
        ),
        about: say(
          'goes back to a moment; shows the changes and asks. `--last` undoes the last change, a rollback included',
          '回到某个时刻；显示更改并询问。`--last` 撤销上次更改，包括回滚本身',
        ),
        positionals: [argument('ID', 'snapshots')],
        required: 0,
        flags: {
          last: toggle('undo the last change', '撤销上次更改'),
          'dry-run': toggle('only show what would change', '只显示将有的更改'),
          partial: toggle('skip what cannot be done, and do the rest', '略过无法处理的部分，其余照做'),
        },
        examples: ['qcc config rollback s120', 'qcc config rollback --last'],
        load: async () => (await import('./snapshots-cli.ts')).rollback,
      },
      audit: {
        title: say('show who changed what, and when', '查看谁在何时改了什么'),
        about: say(
          'every change, newest first, with the value before it; `--export` writes JSON, or CSV if the name ends in `.csv`; exit 7 when facts cannot be read',
          '列出每次更改及之前的值，新的在前；`--export` 写 JSON，文件名以 `.csv` 结尾则写 CSV；有事实无法读取时退出码为 7',
        ),
        flags: {
          limit: { ...limit, default: '50' },
          action: option(
            'ACTION',
            'only this action: config.set, endpoint.add, …',
            '只显示该操作：config.set、endpoint.add 等',
          ),
          target: option('NAME', 'only changes to this', '只显示对该对象的更改'),
          by: option('cli|gateway|traffic|probe|timer|retry', 'only changes by this one', '只显示该操作者的更改'),
          since,
          until,
          from: option('TIME', 'the same as --since', '同 --since'),
          to: option('TIME', 'the same as --until', '同 --until'),
          export: option('FILE', 'write all of it to a file, as JSON or .csv', '全部写入文件，JSON 或 .csv'),
        },
        examples: ['qcc config audit -n 20', 'qcc config audit --since yesterday --export audit.csv'],
        load: async () => (await import('./audit-cli.ts')).audit,
      },
    },
  },
};
