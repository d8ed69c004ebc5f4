/** The commands that query the past. */

import { at, follow, fromLog, limit, since, until } from '../arguments.ts';
import { argument, type Commands, option, say, toggle } from '../command.ts';

export const historyCommands: Commands = {
  history: {
    title: say('show what happened, and explain why', '查看发生过什么，以及原因'),
    about: say(
      "facts, oldest first; the newest 1,000 unless `--limit` or `--since` says otherwise. `--since '#1234'` begins at a fact's number. `--stream` is one stream (`endpoint/1a2b3c4d`) or a kind (`endpoint`, `request`, `queue`, `profile`, `priority`, `config`, `gateway`); `--request` also keeps what the request's failures led to. A filter that names nothing that exists or ever existed is an error, with what you may have meant. Endpoints have the names that they had then, even if they were renamed or removed since. On a terminal, through `$PAGER`: one line per fact, similar requests on one line, repetitions once with their number (`--all` shows each), and a first line that points to incidents; exit 7 when facts cannot be read",
      "事实，旧的在前；未用 `--limit` 或 `--since` 时为最新 1,000 条。`--since '#1234'` 从某个编号开始。`--stream` 是一个流（`endpoint/1a2b3c4d`）或一类（`endpoint`、`request`、`queue`、`profile`、`priority`、`config`、`gateway`）；`--request` 还包括该请求的失败所导致的事实。筛选值不存在也从未存在时报错，并提示您可能想用的值。端点按当时的名称显示，即使后来改名或移除。在终端中经由 `$PAGER` 显示：每行一条，相似的请求合为一行，重复的只显示一次并注明次数（`--all` 则逐条显示），其中有故障时首行会指出；有事实无法读取时退出码为 7",
    ),
    forms: {
      '--at TIME': say(
        'the state of everything at that time: machines, active profile, weights, settings; like `diff`, `explain` and `what-if`, exit 7 when facts that it needs cannot be read, unless the history records their loss',
        '当时的一切：状态机、当前配置、权重、设置；与 `diff`、`explain`、`what-if` 一样，所需的事实无法读取、历史中又没有记载其丢失时，退出码为 7',
      ),
    },
    flags: {
      at,
      'from-log': fromLog,
      since,
      until,
      type: option('TYPE', 'only facts of this type', '只显示该类型的事实'),
      stream: option('STREAM', 'only facts of this stream', '只显示该流的事实'),
      endpoint: option('ID', 'only what is about this endpoint', '只显示与该端点有关的'),
      profile: option('NAME', 'only what is about this profile', '只显示与该配置有关的'),
      session: option('ID', 'only requests of this session', '只显示该会话的请求'),
      request: option('ID', 'only this request, and what it led to', '只显示该请求及其后果'),
      token: option(
        'NAME',
        'only requests with this token, and what became of it',
        '只显示使用该访问令牌的请求及该令牌的变更',
      ),
      fleet: toggle('only what came from the fleet', '只显示来自集群的'),
      limit: { ...limit, default: '1000' },
      follow,
      all: toggle('show each fact, without folding repetitions', '逐条显示，重复的也不合并'),
    },
    examples: [
      'qcc history --since -15m',
      'qcc history --type EndpointFailed -n 5',
      'qcc history -f --endpoint relay',
      'qcc history --at 14:03:22',
    ],
    load: async () => (await import('./cli.ts')).show,
    sub: {
      verify: {
        title: say('check the log against the state of the gateway', '核对日志与网关的状态'),
        about: say(
          'replays the whole log, checks every checksum, number and reference and the index of streams, and compares the result with the running state; exit 7 when something differs',
          '重放整个日志，核对每个校验和、编号、引用以及流索引，并与运行状态比较；有出入时退出码为 7',
        ),
        examples: ['qcc history verify'],
        load: async () => (await import('./log-care-cli.ts')).verify,
      },
      repair: {
        title: say('repair a damaged log; the original is kept', '修复损坏的日志；保留原件'),
        about: say(
          'makes an intact log from a damaged one, while no gateway is running; says what is lost, and keeps the original beside it',
          '网关未运行时，由损坏的日志生成完整的日志；说明丢失了什么，并保留原件',
        ),
        examples: ['qcc proxy stop', 'qcc history repair'],
        load: async () => (await import('./log-care-cli.ts')).repair,
      },
      stats: {
        title: say(
          'show how large the log is, by type of fact, and how fast it grows',
          '查看日志大小、各类事实和每日增长',
        ),
        about: say(
          'facts by type, their size, the size on disk, the growth per day',
          '按类型统计事实及其大小、磁盘占用、每日增长',
        ),
        flags: { 'from-log': fromLog },
        examples: ['qcc history stats'],
        load: async () => (await import('./log-care-cli.ts')).stats,
      },
      compact: {
        title: say('remove old facts now, and free their disk space', '立即移除过期事实并释放磁盘空间'),
        about: say(
          'removes what `history.retention_days` and `history.max_size` no longer keep, at once, and frees its space',
          '立即移除 `history.retention_days` 和 `history.max_size` 不再保留的事实，并释放空间',
        ),
        examples: ['qcc history compact'],
        load: async () => (await import('./log-care-cli.ts')).compact,
      },
      diff: {
        title: say(
          'show what changed between two moments, and by which facts',
          '查看两个时刻之间的变化，以及由哪些事实造成',
        ),
        about: say(
          'what is different at B (by default now), and the facts that made it so',
          '到 B（未给出则为现在）有何不同，以及由哪些事实造成',
        ),
        positionals: [argument('A'), argument('B')],
        required: 1,
        flags: { 'from-log': fromLog },
        examples: ['qcc history diff -1h now', 'qcc history diff "#120" "#180"'],
        load: async () => (await import('./cli.ts')).diff,
      },
      export: {
        title: say('write an incident file without secrets, to share with others', '导出不含机密、可以分享的故障文件'),
        about: say(
          'a part of the history that may be shared, and the state before it: hosts instead of URLs, hashes instead of sessions, no keys, prompts or paths, and nothing that you wrote. All commands of `history` and `debug` that read can query it elsewhere with `--from-log FILE`. With `--html` it is one page with the same facts inside, which any browser opens without qcc and without a network: the dashboard of that time, to be dragged through',
          '可以分享的一段历史及其起始状态：URL 只留主机名，会话换成散列值，不含密钥、提示词、路径和您写的文字。`history` 与 `debug` 的查询命令都可用 `--from-log FILE` 在别处查询它。用 `--html` 则写出内含同样事实的单个网页，任何浏览器都能打开，无需 qcc，也无需网络：可在其中拖动查看当时的页面',
        ),
        flags: {
          since,
          until,
          incident: option('FILE', 'the file to write', '要写入的文件'),
          html: option(
            'FILE',
            'the page to write, instead of a file that qcc reads',
            '改为写入网页，而不是供 qcc 读取的文件',
          ),
          'hash-names': toggle('hash the names of profiles, endpoints and hosts', '将配置、端点和主机的名称换成散列值'),
        },
        examples: [
          'qcc history export --since -1h --incident incident.ndjson',
          'qcc history export --since -1h --html incident.html',
        ],
        load: async () => (await import('./export-cli.ts')).exportIncident,
      },
      'what-if': {
        title: say('show what would have happened with other settings', '推演：若当时用其他设置会怎样'),
        about: say(
          'runs the recorded outcomes through the same rules under other settings: switches, failed requests, attempts, outages, time in each tier, sessions that moved and the cache they lost. What an endpoint that was not asked would have answered is `unknown`. It takes settings of `failover.*` and `loadbalancer.*`, the back-off and slow start of `health.*`, and `proxy.max_attempts`',
          '用另一套设置推演记录下的结果：切换、失败的请求、尝试、剔除、各层级的时间、换端点的会话及失去的缓存。当时没有请求过的端点会怎样应答，记为 `unknown`（未知）。可用 `failover.*`、`loadbalancer.*`、`health.*` 的退避与慢启动、`proxy.max_attempts`',
        ),
        flags: {
          since,
          set: option('KEY=VALUE', 'a setting to try; can be repeated', '要尝试的设置，可重复使用', { multiple: true }),
          'set-endpoint': option(
            'ID.models=RULES',
            'a table of models to try: FROM=TO,…; can be repeated',
            '要尝试的模型映射：FROM=TO,…，可重复使用',
            { multiple: true },
          ),
          'from-log': fromLog,
        },
        examples: [
          'qcc history what-if --since yesterday --set failover.failure_threshold=5',
          'qcc history what-if --set loadbalancer.strategy=failover',
        ],
        load: async () => (await import('./what-if-cli.ts')).whatIf,
      },
      explain: {
        title: say(
          'explain why a request went where it did, or why an endpoint is in its state',
          '解释请求为何发往该端点，或端点为何处于当前状态',
        ),
        about: say(
          'without an argument, the last request that failed or went to another endpoint. A request is named by its id, the part of it that `history` prints, or the number of any fact about it (`#1234`). First, in one sentence, what decided; then its attempts, the state of every endpoint at that time, the rule that took it or left it out, and the facts behind that state. An endpoint is named by its id or name: why it is in its state',
          '不写参数时解释最近一个失败或换过端点的请求。请求可用编号、`history` 显示的那一段编号，或与之有关的任一事实的编号（`#1234`）指定。先用一句话说明决定因素，再列出各次尝试、每个端点当时的状态、选用或排除它的规则，以及造成该状态的事实。端点可用编号或名称指定：解释它为何处于当前状态',
        ),
        positionals: [argument('REQUEST|ENDPOINT', 'endpoints')],
        required: 0,
        flags: { 'from-log': fromLog },
        examples: ['qcc history explain', 'qcc history explain "#1234"', 'qcc history explain relay'],
        load: async () => (await import('./explain-cli.ts')).explain,
      },
    },
  },
};
