/** The commands of the gateway's life cycle and its reports. */

import { follow, limit, port, since, watch } from '../arguments.ts';
import { type Commands, type Flag, option, say, toggle } from '../command.ts';

const host = option('HOST', 'the address to listen on', '监听地址');
const listeningHost: Flag = { ...host, default: '127.0.0.1', setting: 'proxy.host' };
const listeningPort: Flag = { ...port, default: '7860', setting: 'proxy.port' };

export const gatewayCommands: Commands = {
  status: {
    title: say('show the gateway and every endpoint at a glance', '查看网关与各端点概览'),
    about: say('the gateway, the ladder, and every endpoint', '网关、梯级和每个端点'),
    examples: ['qcc status'],
    load: async () => (await import('./cli.ts')).overview,
  },
  proxy: {
    title: say('start, stop and watch the gateway', '启动、停止和查看网关'),
    examples: ['qcc proxy start', 'qcc proxy status'],
    sub: {
      start: {
        title: say('start the gateway in the background', '在后台启动网关'),
        about: say(
          'starts it in the background, and returns when it answers. If another one is still stopping, it waits; if one is running, it says which, and exits 6',
          '在后台启动，能应答后返回。前一个仍在停止时会等待；已有网关在运行时会说明是哪一个，退出码为 6',
        ),
        flags: {
          host: listeningHost,
          port: listeningPort,
          foreground: toggle('stay in this terminal', '在当前终端中运行'),
        },
        examples: ['qcc proxy start', 'qcc proxy start --port 8080'],
        load: async () => (await import('./cli.ts')).start,
      },
      run: {
        title: say('run the gateway in this terminal', '在当前终端中运行网关'),
        about: say('in the foreground, until you press Ctrl-C', '在前台运行，按 Ctrl-C 停止'),
        flags: { host: listeningHost, port: listeningPort },
        examples: ['qcc proxy run --port 8080'],
        load: async () => (await import('./cli.ts')).run,
      },
      stop: {
        title: say('stop the gateway once its requests have finished', '等请求完成后停止网关'),
        about: say(
          'lets requests finish, then stops; says how many were aborted, and how many facts a full disk could not store. A gateway that does not answer gets SIGTERM, then SIGKILL; each step is reported',
          '等请求完成再停止；说明中止了多少请求，以及磁盘已满时有多少事实未写入。网关不应答时依次发送 SIGTERM、SIGKILL，每一步都会说明',
        ),
        flags: {
          timeout: option('SPAN', 'how long requests may take to finish', '等待请求完成的时限', { default: '30s' }),
        },
        examples: ['qcc proxy stop', 'qcc proxy stop --timeout 5s'],
        load: async () => (await import('./cli.ts')).stop,
      },
      restart: {
        title: say('stop the gateway and start it again', '重启网关'),
        about: say('keeps its host and port unless you give others', '不指定则沿用原来的主机和端口'),
        flags: { host, port },
        examples: ['qcc proxy restart'],
        load: async () => (await import('./cli.ts')).restart,
      },
      status: {
        title: say('show whether the gateway is running, and how it is doing', '查看网关是否在运行及其状态'),
        about: say('exit 3 when it is not running', '未运行时退出码为 3'),
        flags: { watch },
        examples: ['qcc proxy status', 'qcc proxy status --watch'],
        load: async () => (await import('./cli.ts')).status,
      },
      running: {
        title: say('list the requests that run at this moment', '列出当前进行中的请求'),
        about: say(
          'oldest first: how long each runs, which endpoint has it, and how far its answer is: `asked`, `begun` (its head is there), `streaming`, `no room` (its endpoint is full), `queued` (no endpoint is well), `paused` (between two attempts)',
          '旧的在前：已用时、所在端点，以及应答到哪一步：`asked`（已发出）、`begun`（已有响应头）、`streaming`（传输中）、`no room`（端点已满）、`queued`（没有可用端点）、`paused`（两次尝试之间）',
        ),
        flags: { limit: { ...limit, default: '50' }, watch },
        examples: ['qcc proxy running', 'qcc proxy running --watch'],
        load: async () => (await import('./running-cli.ts')).running,
      },
      logs: {
        title: say('show the access log: one line per request', '显示访问日志：每个请求一行'),
        about: say(
          'the last lines of the access log: on a terminal for people, with the names of endpoints and in local time; into a pipe, and with `--json`, the JSON lines of its files',
          '访问日志的最后几行：在终端上便于阅读，显示端点名称和本地时间；输出到管道或使用 `--json` 时，为文件中的 JSON 行',
        ),
        flags: {
          lines: option('NUMBER', 'how many of the last lines', '显示最后多少行', { alias: 'n', default: '50' }),
          follow,
          level: option('error|warn|info|debug', 'this level and above', '该级别及更严重的'),
        },
        examples: ['qcc proxy logs -n 20', 'qcc proxy logs -f --level warn'],
        load: async () => (await import('./logs-cli.ts')).logs,
      },
      stats: {
        title: say(
          'show requests, failures, times, tokens and cost by endpoint and model',
          '按端点和模型统计请求、失败、耗时、令牌和费用',
        ),
        about: say(
          "per endpoint and model: requests, attempts, failures, TTFB and TTFT at p50, p95 and p99, tokens (cache reads and writes separately), and their cost by the vendors' price lists; models without a price are named",
          '按端点和模型：请求、尝试、失败、TTFB 与 TTFT 的 p50、p95、p99、令牌（缓存读写分开），以及按厂商价目表计算的费用；没有价格的模型会被指出',
        ),
        forms: {
          '--by token': say('the same requests by the named token that they came with', '按访问令牌统计同样的请求'),
          '--by gateway': say(
            'what each gateway of the fleet has used, as far as it was told',
            '按集群中的网关汇总用量（以其已告知的为准）',
          ),
          '--by day': say('what was used on each day of this time zone', '按本时区的日期汇总用量'),
          '--by session': say('what each session has used, the largest first', '按会话汇总用量，大的在前'),
        },
        flags: {
          since,
          by: option('endpoint|token|gateway|day|session', 'by what', '按什么统计', { default: 'endpoint' }),
          export: option('FILE', 'also write it to a file, as JSON', '同时以 JSON 写入文件'),
        },
        examples: [
          'qcc proxy stats --since yesterday',
          'qcc proxy stats --by token',
          'qcc proxy stats --by gateway',
          'qcc proxy stats --by day',
          'qcc proxy stats --export stats.json',
        ],
        load: async () => (await import('../endpoint/stats-cli.ts')).stats,
      },
      cert: {
        title: say('make a certificate for this gateway', '为本网关生成证书'),
        about: say(
          "makes an authority of this installation and a certificate for the machine's names and addresses, names it in `proxy.tls_cert` and `proxy.tls_key`, and says what clients need. Run again, it renews the certificate, and the authority stays",
          '生成本安装的签发机构，以及适用于本机名称和地址的证书，写入 `proxy.tls_cert` 与 `proxy.tls_key`，并说明客户端需要什么。再次运行会更新证书，签发机构不变',
        ),
        forms: {
          '--print': say('shows the certificate that there is, and changes nothing', '显示现有的证书，不做更改'),
        },
        flags: {
          name: option('HOST', 'a further name or address of this machine', '本机的其他名称或地址', { multiple: true }),
          days: option('NUMBER', 'how long it holds', '有效天数', { default: '365' }),
          'new-ca': toggle('a new authority too: all clients need it', '同时更换签发机构：所有客户端都需要更新'),
          print: toggle('show it, and change nothing', '只显示，不做更改'),
        },
        examples: ['qcc proxy cert', 'qcc proxy cert --name gateway.lan --days 90', 'qcc proxy cert --print'],
        load: async () => (await import('./cert-cli.ts')).cert,
      },
      'install-service': {
        title: say('let systemd or launchd run the gateway', '由 systemd 或 launchd 运行网关'),
        about: say(
          'installs a systemd user unit or a launchd agent that starts the gateway when you log in; `--print` shows it and changes nothing',
          '安装 systemd 用户单元或 launchd 代理，在您登录时启动网关；`--print` 只显示，不做更改',
        ),
        flags: {
          print: toggle('show it, and change nothing', '只显示，不做更改'),
          uninstall: toggle('stop and remove it', '停止并移除'),
        },
        examples: ['qcc proxy install-service', 'qcc proxy install-service --print'],
        load: async () => (await import('./service-cli.ts')).installService,
      },
    },
  },
};
