/** The commands of `qcc sync`. */
import { argument, type Commands, say, toggle } from '../command.ts';

export const syncCommands: Commands = {
  sync: {
    title: say('the same set-up on two machines, by a folder', '通过共享文件夹让两台机器使用相同的配置'),
    examples: ['qcc sync init ~/shared/qcc', 'qcc sync status'],
    sub: {
      init: {
        title: say('choose the folder that both machines can reach', '选择两台机器都能访问的文件夹'),
        about: say(
          'a shared drive, or a work tree of git; what is in it already is kept. `--with-keys` puts keys in too, under a passphrase (`QCC_PASSPHRASE`, or asked for)',
          '共享磁盘，或 git 工作目录；其中已有的内容会保留。`--with-keys` 也放入密钥，并用口令加密（`QCC_PASSPHRASE`，或询问）',
        ),
        positionals: [argument('FOLDER')],
        flags: {
          'with-keys': toggle('keys too, under a passphrase', '包含密钥，用口令加密'),
        },
        examples: ['qcc sync init ~/shared/qcc', 'qcc sync init ~/shared/qcc --with-keys'],
        load: async () => (await import('./cli.ts')).init,
      },
      push: {
        title: say('put the set-up of this machine into the folder', '把本机的配置放入该文件夹'),
        about: say(
          'adds a snapshot, and overwrites nothing; refused (exit 6) while the folder has changes that this machine has not pulled',
          '添加一个快照，不覆盖任何内容；文件夹中有本机尚未拉取的更改时拒绝（退出码 6）',
        ),
        examples: ['qcc sync push'],
        load: async () => (await import('./cli.ts')).push,
      },
      pull: {
        title: say('merge the set-up in the folder into this machine', '把该文件夹中的配置合并到本机'),
        about: say(
          'takes what was changed there and not here; shows it and asks. Where both have changed the same, it stops (exit 6), unless told whose word counts. A snapshot is taken before',
          '采用对方改过而本机未改的内容；先显示并询问。双方改了同一处时停止（退出码 6），除非指明以哪一方为准。事先会建立快照',
        ),
        flags: {
          'dry-run': toggle('only show what would change', '只显示将有的更改'),
          ours: toggle('where both have changed the same, this machine is right', '双方改了同一处时，以本机为准'),
          theirs: toggle('where both have changed the same, the folder is right', '双方改了同一处时，以文件夹为准'),
        },
        examples: ['qcc sync pull --dry-run', 'qcc sync pull --theirs --yes'],
        load: async () => (await import('./cli.ts')).pull,
      },
      status: {
        title: say('show what is new here, and what is new there', '查看本机与该文件夹各有哪些更改'),
        about: say('without keys, and without changing anything', '不比较密钥，不作任何更改'),
        examples: ['qcc sync status --json'],
        load: async () => (await import('./cli.ts')).status,
      },
    },
  },
};
