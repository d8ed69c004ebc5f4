/** What each check has found, in words: when all is well, and when it is not. */
import type { ReasonOrWord } from '../../events/reason.ts';
import type { Check, CheckId } from '../contract/checks.ts';
import type { Language } from './messages.ts';
import { reasonText } from './reasons.ts';

type About = Check['about'];

interface CheckWords {
  readonly good: string;
  readonly bad: (about: About) => string;
}

const wrongEn: Readonly<Record<string, string>> = {
  kind: 'is of another kind: a folder where a file belongs, or the other way round',
  damaged: 'is damaged',
  forbidden: 'may not be read by you',
};
const wrongZh: Readonly<Record<string, string>> = {
  kind: '类型不对：应为文件处是目录，或应为目录处是文件',
  damaged: '已损坏',
  forbidden: '您无权读取',
};

export const checksEn: Readonly<Record<CheckId, CheckWords>> = {
  profiles: { good: 'there is a profile', bad: () => 'there is no profile yet' },
  'ladder.serves': {
    good: 'every profile of the ladder has an endpoint that can serve',
    bad: ({ profile, endpoints }) =>
      endpoints
        ? `all endpoints of profile ${profile} are disabled`
        : `profile ${profile} is empty: it has no endpoint`,
  },
  'ladder.outside': {
    good: 'every profile is on the ladder',
    bad: ({ profile }) => `profile ${profile} has no tier: requests reach it only by /p/${profile}`,
  },
  'endpoint.address': {
    good: 'the addresses of the endpoints are good',
    bad: ({ profile, endpoint, why }) => `endpoint ${endpoint} of ${profile}: ${why}`,
  },
  'endpoint.loop': {
    good: 'no endpoint is this gateway itself',
    bad: ({ profile, endpoint, baseUrl }) =>
      `endpoint ${endpoint} of ${profile} is this gateway itself (${baseUrl}): requests would go round in a loop`,
  },
  'endpoint.key': {
    good: 'every endpoint has a key',
    bad: ({ profile, endpoint }) => `endpoint ${endpoint} of ${profile} has no usable key`,
  },
  'endpoint.twin': {
    good: 'no endpoint is there twice',
    bad: ({ profile, endpoint, other, twin }) =>
      `the same address and key twice: ${endpoint} of ${profile} and ${twin} of ${other} fail together`,
  },
  'endpoint.connects': {
    good: 'every endpoint answers',
    bad: ({ profile, endpoint, why }) =>
      `endpoint ${endpoint} of ${profile} cannot be reached or refuses: ${reasonText(why as ReasonOrWord, 'en')}`,
  },
  'policy.backoff': { good: 'the back-off of failed endpoints makes sense', bad: exceeds },
  'policy.probes': { good: 'a probe ends before the next one begins', bad: exceeds },
  'policy.timeouts': { good: 'the time limits of requests fit together', bad: exceeds },
  'policy.queue': { good: 'the delays of the queue make sense', bad: exceeds },
  'policy.recovery': {
    good: 'switching down and back fit together',
    bad: () => 'failover.auto_recovery is on and failover.auto is off: there will be nothing to come back from',
  },
  'policy.failovers': {
    good: 'failovers are allowed',
    bad: () => 'failover.auto is on and failover.max_per_hour is 0: no failover will ever happen',
  },
  'proxy.tls': { good: 'the certificate can be used, or none is set', bad: ({ why }) => String(why) },
  'proxy.open': {
    good: 'no stranger can use the address it listens on',
    bad: ({ host }) => `${host} can be reached from other machines, and proxy.require_token is off`,
  },
  settings: { good: 'the settings are good', bad: ({ why }) => String(why) },
  node: { good: 'Node is new enough', bad: ({ version }) => `Node ${version} is older than 20.19` },
  home: { good: 'the home is there', bad: ({ home }) => `there is no home yet: ${home}` },
  'home.file': {
    good: 'every file of the home is sound',
    bad: ({ name, wrong }) => `${name} ${wrongEn[String(wrong)] ?? wrong}`,
  },
  'home.vault': { good: 'the vault opens', bad: ({ why }) => String(why) },
  'home.modes': {
    good: 'only you can read the home',
    bad: ({ count, first }) => `the permissions of ${count} files let others in (mode is not 0600 or 0700): ${first}`,
  },
  'home.socket': { good: 'the path of the control socket is short enough', bad: ({ why }) => String(why) },
  'disk.space': { good: 'the disk has room', bad: ({ free, home }) => `only ${free} MB are free where ${home} is` },
  'disk.writable': { good: 'the home can be written', bad: ({ home }) => `${home} cannot be written` },
  log: { good: 'the log is open', bad: ({ why }) => `the log: ${why}` },
  'log.damage': { good: 'no fact is lost', bad: ({ facts }) => `${facts} facts cannot be read any more` },
  'log.tables': {
    good: 'the files of the log are what was written',
    bad: ({ count, first }) => `${count} files of the log are damaged: ${first}`,
  },
  'queue.bodies': {
    good: 'all that the queue keeps can be read',
    bad: ({ count }) => `${count} requests or answers that the queue kept cannot be read any more`,
  },
  clock: {
    good: 'the clock has not gone back',
    bad: ({ minutes }) => `the clock is ${minutes} minutes behind the log`,
  },
  'gateway.version': {
    good: 'the gateway and this command are of one version',
    bad: ({ theirs, ours }) => `the gateway that runs is qcc ${theirs}, and this is ${ours}`,
  },
  'gateway.port': { good: 'the port is free, or the gateway has it', bad: ({ why }) => String(why) },
  'gateway.leftover': {
    good: 'no socket of a dead gateway is left',
    bad: ({ socket }) => `a gateway that was killed has left ${socket}; the next start removes it`,
  },
  'service.node': {
    good: 'the service can start, or none is installed',
    bad: ({ file, node }) => `${file} starts ${node}, which is gone`,
  },
  'claude.settings': { good: "Claude Code's settings can be read", bad: ({ why }) => String(why) },
  'claude.gateway': {
    good: 'Claude Code is not sent to a gateway that does not run',
    bad: ({ file, url }) => `${file} sends Claude Code to ${url}, and no gateway runs there`,
  },
  'claude.shadowed': {
    good: 'nothing hides what the shell exports',
    bad: ({ file, url }) => `${file} sets ANTHROPIC_BASE_URL to ${url}, which beats what your shell exports`,
  },
  'claude.credentials': {
    good: 'Claude Code has one credential',
    bad: ({ where }) => `${where} sets both ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN: both are sent`,
  },
  'claude.address': {
    good: "Claude Code's address has no /v1",
    bad: ({ url }) => `ANTHROPIC_BASE_URL ends in /v1 (${url}): Claude Code adds it itself`,
  },
  'claude.cloud': {
    good: 'Claude Code does not go round the gateway to a cloud',
    bad: ({ name }) => `${name} is set: Claude Code goes past the gateway`,
  },
  'claude.overridden': {
    good: 'no project or organization sets another address',
    bad: ({ file, url }) => `${file} sets ANTHROPIC_BASE_URL to ${url}, which beats your own settings`,
  },
  'claude.takeover': {
    good: 'no other program has redirected Claude Code',
    bad: ({ file, by }) => `${by} has taken Claude Code over in ${file}`,
  },
  'env.proxy': {
    good: 'this machine is reached without an HTTP proxy',
    bad: ({ name }) => `${name} is set, and NO_PROXY does not name 127.0.0.1: Claude Code would ask the proxy for it`,
  },
  files: {
    good: 'the system allows enough open files',
    bad: ({ limit, connections, wanted }) =>
      `${limit} open files allow ${connections} connections at once, and proxy.max_concurrent is ${wanted}`,
  },
  'env.outbound': {
    good: 'the HTTP proxy on the way to endpoints can be used, or none is set',
    bad: ({ name }) => `${name} names no http:// or https:// proxy: nothing behind it can be reached`,
  },
  'env.certificates': {
    good: 'certificates are checked',
    bad: ({ name }) => `${name} is 0: qcc checks certificates all the same, other programs do not`,
  },
};

function exceeds({ small, large, smallValue, largeValue }: About): string {
  return `${small} (${smallValue}) is more than ${large} (${largeValue})`;
}

function exceedsZh({ small, large, smallValue, largeValue }: About): string {
  return `${small}（${smallValue}）大于 ${large}（${largeValue}）`;
}

export const checksZh: Readonly<Record<CheckId, CheckWords>> = {
  profiles: { good: '已有配置', bad: () => '还没有配置' },
  'ladder.serves': {
    good: '层级中的每个配置都有可用的端点',
    bad: ({ profile, endpoints }) =>
      endpoints ? `配置 ${profile} 的端点全部停用` : `配置 ${profile} 是空的：没有端点`,
  },
  'ladder.outside': {
    good: '每个配置都在层级中',
    bad: ({ profile }) => `配置 ${profile} 没有层级：请求只能经 /p/${profile} 到达`,
  },
  'endpoint.address': {
    good: '端点地址有效',
    bad: ({ profile, endpoint, why }) => `${profile} 的端点 ${endpoint}：${why}`,
  },
  'endpoint.loop': {
    good: '没有端点指向本网关',
    bad: ({ profile, endpoint, baseUrl }) => `${profile} 的端点 ${endpoint} 就是本网关（${baseUrl}）：请求会循环`,
  },
  'endpoint.key': {
    good: '每个端点都有密钥',
    bad: ({ profile, endpoint }) => `${profile} 的端点 ${endpoint} 没有可用的密钥`,
  },
  'endpoint.twin': {
    good: '没有重复的端点',
    bad: ({ profile, endpoint, other, twin }) =>
      `相同的地址和密钥出现两次：${profile} 的 ${endpoint} 与 ${other} 的 ${twin} 会一起失败`,
  },
  'endpoint.connects': {
    good: '每个端点都有应答',
    bad: ({ profile, endpoint, why }) =>
      `${profile} 的端点 ${endpoint} 无法连接或拒绝：${reasonText(why as ReasonOrWord, 'zh-CN')}`,
  },
  'policy.backoff': { good: '失败端点的退避时间合理', bad: exceedsZh },
  'policy.probes': { good: '探测在下一次开始前结束', bad: exceedsZh },
  'policy.timeouts': { good: '请求的各项时限相互一致', bad: exceedsZh },
  'policy.queue': { good: '队列的延迟合理', bad: exceedsZh },
  'policy.recovery': {
    good: '切换与切回的设置一致',
    bad: () => 'failover.auto_recovery 已开而 failover.auto 已关：不会有可切回的',
  },
  'policy.failovers': {
    good: '允许切换',
    bad: () => 'failover.auto 已开而 failover.max_per_hour 为 0：永远不会切换',
  },
  'proxy.tls': { good: '证书可用，或未设置', bad: ({ why }) => `证书：${why}` },
  'proxy.open': {
    good: '监听地址只有被允许者可达',
    bad: ({ host }) => `其他机器可以访问 ${host}，而 proxy.require_token 已关`,
  },
  settings: { good: '设置有效', bad: ({ why }) => `设置：${why}` },
  node: { good: 'Node 版本足够新', bad: ({ version }) => `Node ${version} 低于 20.19` },
  home: { good: '目录存在', bad: ({ home }) => `还没有目录：${home}` },
  'home.file': {
    good: '目录中的文件都完好',
    bad: ({ name, wrong }) => `文件 ${name} ${wrongZh[String(wrong)] ?? wrong}`,
  },
  'home.vault': { good: '保险库可以打开', bad: ({ why }) => `保险库：${why}` },
  'home.modes': {
    good: '只有您能读取目录',
    bad: ({ count, first }) => `${count} 个文件的权限对他人开放（不是 0600 或 0700）：${first}`,
  },
  'home.socket': { good: '控制套接字的路径足够短', bad: ({ why }) => `控制套接字：${why}` },
  'disk.space': { good: '磁盘空间充足', bad: ({ free, home }) => `${home} 所在磁盘只剩 ${free} MB` },
  'disk.writable': { good: '目录可写', bad: ({ home }) => `${home} 不可写` },
  log: { good: '日志已打开', bad: ({ why }) => `日志：${why}` },
  'log.damage': { good: '没有丢失的事实', bad: ({ facts }) => `有 ${facts} 条事实已无法读取` },
  'log.tables': {
    good: '日志文件与写入时一致',
    bad: ({ count, first }) => `日志有 ${count} 个文件已损坏：${first}`,
  },
  'queue.bodies': { good: '队列保存的内容均可读取', bad: ({ count }) => `队列保存的 ${count} 份请求或回答已无法读取` },
  clock: { good: '时钟正常前进', bad: ({ minutes }) => `时钟比日志慢 ${minutes} 分钟` },
  'gateway.version': {
    good: '网关与此命令版本相同',
    bad: ({ theirs, ours }) => `运行中的网关是 qcc ${theirs}，此命令是 ${ours}`,
  },
  'gateway.port': { good: '端口空闲，或为本网关所用', bad: ({ host, port }) => `${host} 的端口 ${port} 已被占用` },
  'gateway.leftover': {
    good: '没有残留的套接字',
    bad: ({ socket }) => `被强行结束的网关留下了 ${socket}；下次启动会删除它`,
  },
  'service.node': {
    good: '服务可以启动，或未安装',
    bad: ({ file, node }) => `${file} 要启动 ${node}，但它已不存在`,
  },
  'claude.settings': { good: 'Claude Code 的设置可读', bad: ({ why }) => `Claude Code 的设置：${why}` },
  'claude.gateway': {
    good: 'Claude Code 没有指向未运行的网关',
    bad: ({ file, url }) => `${file} 让 Claude Code 使用 ${url}，但那里没有网关在运行`,
  },
  'claude.shadowed': {
    good: '没有覆盖 shell 中导出的变量',
    bad: ({ file, url }) => `${file} 把 ANTHROPIC_BASE_URL 设为 ${url}，优先于 shell 中导出的值`,
  },
  'claude.credentials': {
    good: 'Claude Code 只有一个凭据',
    bad: ({ where }) => `${where} 同时设置了 ANTHROPIC_API_KEY 和 ANTHROPIC_AUTH_TOKEN：两者都会发送`,
  },
  'claude.address': {
    good: 'Claude Code 的地址不含 /v1',
    bad: ({ url }) => `ANTHROPIC_BASE_URL 以 /v1 结尾（${url}）：Claude Code 会自己加上`,
  },
  'claude.cloud': {
    good: 'Claude Code 没有使用云平台',
    bad: ({ name }) => `已设置 ${name}：Claude Code 会绕过网关`,
  },
  'claude.overridden': {
    good: '没有项目或组织设置覆盖',
    bad: ({ file, url }) => `${file} 把 ANTHROPIC_BASE_URL 设为 ${url}，优先于您自己的设置`,
  },
  'claude.takeover': {
    good: '没有其他程序接管 Claude Code',
    bad: ({ file, by }) => `${by} 在 ${file} 中接管了 Claude Code`,
  },
  'env.proxy': {
    good: '访问本机不经过 HTTP 代理',
    bad: ({ name }) => `已设置 ${name}，而 NO_PROXY 未包含 127.0.0.1：Claude Code 会经代理访问它`,
  },
  files: {
    good: '系统允许打开的文件足够',
    bad: ({ limit, connections, wanted }) =>
      `可打开 ${limit} 个文件，最多同时 ${connections} 个连接，而 proxy.max_concurrent 为 ${wanted}`,
  },
  'env.outbound': {
    good: '通往端点的 HTTP 代理可用，或未设置',
    bad: ({ name }) => `${name} 不是 http:// 或 https:// 代理：其后的一切都无法到达`,
  },
  'env.certificates': {
    good: '没有要求跳过证书验证',
    bad: ({ name }) => `${name} 为 0：qcc 仍然验证证书，其他程序不会`,
  },
};

export function checkDetail({ id, ok, about }: Check, language: Language): string {
  const words = (language === 'zh-CN' ? checksZh : checksEn)[id];
  return ok ? words.good : words.bad(about);
}
