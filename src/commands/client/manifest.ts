/** The commands that connect a client: its profile and its environment. */

import { apiKey, apiKeyEnv, apiKeyStdin, name, noTest, preset } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

const gateway = option('URL', 'the gateway of another machine; none: no other', '其他机器上的网关；none 表示不再使用');
const ca = option(
  'FILE',
  'what its certificate is signed by: the ca.pem of qcc proxy cert',
  '其证书的签发机构：qcc proxy cert 的 ca.pem',
);
const tokenStdin = toggle('read the token from stdin', '从标准输入读取访问令牌');
const tokenEnv = option('NAME', 'read the token from this environment variable', '从该环境变量读取访问令牌');
const allowPlaintext = toggle('also over http://, through a tunnel', '允许 http://，用于隧道');
const remote = {
  gateway,
  ca,
  'token-stdin': tokenStdin,
  'token-env': tokenEnv,
  'allow-plaintext': allowPlaintext,
};

export const clientCommands: Commands = {
  use: {
    title: say('make a profile active', '切换到某个配置'),
    about: say(
      "makes it active, as a switch by hand does, and shows how to point Claude Code at the gateway; `--apply` writes that into Claude Code's `settings.json`",
      '设为当前配置（等于手动切换），并说明如何让 Claude Code 使用网关；`--apply` 会写入 Claude Code 的 `settings.json`',
    ),
    forms: {
      '--gateway URL': say(
        'uses the gateway of another machine from now on, in `qcc code`, `qcc env` and `qcc status`; asks it first whether it knows the token. Nothing runs here',
        '此后 `qcc code`、`qcc env` 和 `qcc status` 使用其他机器上的网关；先确认它接受访问令牌。本机不运行网关',
      ),
      '--restore': say(
        'restores what `--apply` and `--status-line` replaced; what you have changed since stays',
        '还原 `--apply` 和 `--status-line` 替换的内容；您后来改过的保持不变',
      ),
      '--status-line': say(
        "adds `qcc statusline` to Claude Code's `settings.json`, around the status line that is there; does not change the active profile",
        '把 `qcc statusline` 写入 Claude Code 的 `settings.json`，保留已有的状态行；当前配置不变',
      ),
    },
    positionals: [argument('NAME', 'profiles')],
    required: 0,
    flags: {
      apply: toggle("write it into Claude Code's settings", '写入 Claude Code 的设置'),
      'status-line': toggle(
        "show qcc in Claude Code's status line, below what it shows now",
        '在 Claude Code 状态行现有内容下方显示 qcc',
      ),
      ...remote,
      restore: toggle("restore Claude Code's former settings", '还原 Claude Code 原来的设置'),
    },
    examples: [
      'qcc use work',
      'qcc use work --apply',
      'qcc use --gateway https://gateway.lan:7860 --ca ca.pem',
      'qcc use --restore',
    ],
    load: async () => (await import('./cli.ts')).use,
  },
  statusline: {
    title: say(
      'print the status line for Claude Code: which endpoint serves, and what is wrong',
      '输出 Claude Code 的状态行：由哪个端点应答、有何异常',
    ),
    about: say(
      'one line for Claude Code, which runs it: which endpoint serves the session, model, failover, limits, cost; reads what Claude Code sends on stdin, and prints nothing when something goes wrong',
      '由 Claude Code 运行，输出一行：应答会话的端点、模型、故障转移、限额、费用；从标准输入读取 Claude Code 给出的内容，出错时什么也不输出',
    ),
    flags: {
      around: option('COMMAND', 'a command whose output comes first', '先输出该命令的结果'),
      home: option('DIR', 'the home, if it is not the default one', '数据目录，不是默认位置时使用'),
    },
    examples: ['qcc use --status-line', `qcc statusline --around "git branch --show-current"`],
    load: async () => (await import('./status-line-cli.ts')).showStatusLine,
  },
  fc: {
    title: say('add a profile from a vendor preset', '用厂商预设添加配置'),
    flags: {
      list: toggle('show the presets', '列出预设'),
      preset,
      name,
      'api-key': apiKey,
      'api-key-stdin': apiKeyStdin,
      'api-key-env': apiKeyEnv,
      'no-test': noTest,
    },
    examples: ['qcc fc --list', 'qcc fc --preset anthropic --name work --api-key-stdin < key.txt'],
    load: async () => (await import('./cli.ts')).fromPreset,
  },
  env: {
    title: say('print the environment variables that send clients through the gateway', '输出指向网关的环境变量'),
    about: say('lines for `eval "$(qcc env)"`', '供 `eval "$(qcc env)"` 使用'),
    flags: {
      shell: option('bash|zsh|fish|pwsh', 'for which shell', '目标 shell'),
      unset: toggle('print lines that undo it', '输出取消设置的命令'),
    },
    examples: ['eval "$(qcc env)"', 'qcc env --shell fish | source'],
    load: async () => (await import('./cli.ts')).env,
  },
  code: {
    title: say('start claude through the gateway', '通过网关启动 claude'),
    about: say(
      'starts `claude` through the gateway, starting the gateway first if needed; what follows `--` is passed to `claude`. With `--profile`, requests never leave that profile',
      '通过网关启动 `claude`，必要时先启动网关；`--` 之后的参数传给 `claude`。使用 `--profile` 时，请求只在该配置内',
    ),
    passesOn: true,
    flags: { profile: option('NAME', 'only through this profile', '只使用该配置'), ...remote },
    examples: [
      'qcc code',
      'qcc code --profile work -- --continue',
      'qcc code --gateway https://gateway.lan:7860 --ca ca.pem',
    ],
    load: async () => (await import('./cli.ts')).code,
  },
};
