import type { ReasonOrWord } from '../../../events/reason.ts';
import type { CheckId } from '../../contract/checks.ts';
import type { About, CheckWords } from '../en/checks.ts';
import { fleetWords } from './fleet.ts';
import { sayWhy } from './reasons.ts';

const wrongs: Readonly<Record<string, string>> = {
  kind: '类型不对：该是文件的却是目录，或该是目录的却是文件',
  damaged: '已损坏',
  forbidden: '您无权读取',
};

export const checks: Readonly<Record<CheckId, CheckWords>> = {
  profiles: { good: '已有配置', bad: () => '还没有配置' },
  'ladder.serves': {
    good: '梯级中的每个配置都有可用的端点',
    bad: ({ profile, endpoints }) =>
      endpoints ? `配置 ${profile} 的端点全部停用` : `配置 ${profile} 是空的：没有端点`,
  },
  'ladder.outside': {
    good: '每个配置都在梯级中',
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
  'endpoint.models': {
    good: '各厂商的端点都有模型映射',
    bad: ({ profile, endpoint, vendor }) =>
      `${profile} 的端点 ${endpoint} 属于 ${vendor}，该厂商使用其他模型名，而此端点没有模型映射`,
  },
  'endpoint.rules': {
    good: '模型映射的每条规则都能用到',
    bad: ({ profile, endpoint, rule }) => `${profile} 的端点 ${endpoint} 不会用到规则 ${rule}：前面的规则已涵盖它`,
  },
  'endpoint.refusals': {
    good: '各端点的拒绝都能识别',
    bad: ({ profile, endpoint, status, type, code, text, count }) =>
      `${profile} 的端点 ${endpoint} 以 qcc 不认识的说法拒绝了 ${count} 次：${status} ${type} ${code}：${text}`,
  },
  'endpoint.connects': {
    good: '每个端点都能应答',
    bad: ({ profile, endpoint, why }) =>
      `${profile} 的端点 ${endpoint} 无法连接，或拒绝了请求：${sayWhy(why as ReasonOrWord)}`,
  },
  'policy.backoff': { good: '失败端点的退避时间合理', bad: exceeds },
  'policy.probes': { good: '每次探测都在下一次开始之前结束', bad: exceeds },
  'policy.timeouts': { good: '请求的各项时限相互一致', bad: exceeds },
  'policy.queue': { good: '队列的延迟合理', bad: exceeds },
  'policy.recovery': {
    good: '故障转移与恢复的设置相互一致',
    bad: () => 'failover.auto_recovery 已开启，但 failover.auto 已关闭：不会发生故障转移，也就无从切回',
  },
  'policy.failovers': {
    good: '允许故障转移',
    bad: () => 'failover.auto 已开启，但 failover.max_per_hour 为 0：永远不会发生故障转移',
  },
  'proxy.tls': { good: '证书可用，或未设置', bad: ({ why }) => String(why) },
  'client.gateway': {
    good: '其他机器上的网关可用且访问令牌有效，或未使用',
    bad: ({ why }) => String(why),
  },
  'proxy.expiry': {
    good: '证书至少还有一个月有效，或未设置证书',
    bad: ({ path, days }) => `证书 ${path} 将在 ${days} 天后到期，之后网关无法启动`,
  },
  'proxy.plaintext': {
    good: '与其他机器的通信已加密',
    bad: ({ host }) => `其他机器以明文访问 ${host}：令牌和提示词可能在途中被读取`,
  },
  'proxy.open': {
    good: '他人无法使用监听地址',
    bad: ({ host }) => `其他机器可以访问 ${host}，而 proxy.require_token 已关闭`,
  },
  settings: { good: '设置有效', bad: ({ why }) => `设置：${why}` },
  node: { good: 'Node 版本足够新', bad: ({ version }) => `Node ${version} 低于 20.19` },
  home: { good: '数据目录存在', bad: ({ home }) => `还没有数据目录：${home}` },
  'home.file': {
    good: '数据目录中的文件都完好',
    bad: ({ name, wrong }) => `数据目录中的 ${name} ${wrongs[String(wrong)] ?? wrong}`,
  },
  'home.vault': { good: '保险库可以打开', bad: ({ why }) => `保险库：${why}` },
  'home.modes': {
    good: '只有您能读取数据目录',
    bad: ({ count, first }) => `数据目录中有 ${count} 个文件他人也能访问（权限不是 0600 或 0700）：${first}`,
  },
  'home.socket': { good: '控制套接字的路径足够短', bad: ({ why }) => `控制套接字：${why}` },
  'disk.space': { good: '磁盘空间充足', bad: ({ free, home }) => `${home} 所在磁盘只剩 ${free} MB` },
  'disk.writable': { good: '数据目录可写', bad: ({ home }) => `${home} 不可写` },
  log: { good: '日志已打开', bad: ({ why }) => `日志：${why}` },
  'log.damage': { good: '没有丢失的事实', bad: ({ facts }) => `有 ${facts} 条事实已无法读取` },
  'log.tables': {
    good: '日志文件与写入时一致',
    bad: ({ count, first }) => `日志有 ${count} 个文件已损坏：${first}`,
  },
  'queue.bodies': { good: '队列保存的内容均可读取', bad: ({ count }) => `队列保存的 ${count} 份请求或应答已无法读取` },
  clock: { good: '时钟没有倒退', bad: ({ minutes }) => `时钟比日志慢 ${minutes} 分钟` },
  'gateway.version': {
    good: '网关与此命令版本相同',
    bad: ({ theirs, ours }) => `运行中的网关是 qcc ${theirs}，此命令是 ${ours}`,
  },
  'gateway.port': { good: '端口空闲，或为本网关所用', bad: ({ host, port }) => `${host} 的端口 ${port} 已被占用` },
  'gateway.leftover': {
    good: '没有被强制终止的网关残留的套接字',
    bad: ({ socket }) => `被强制终止的网关留下了 ${socket}；下次启动会删除它`,
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
    good: '没有设置覆盖 shell 中导出的变量',
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
    good: 'Claude Code 没有绕过网关直连云平台',
    bad: ({ name }) => `已设置 ${name}：Claude Code 会绕过网关`,
  },
  'claude.overridden': {
    good: '没有项目或组织的设置改用其他地址',
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
      `最多可打开 ${limit} 个文件，只够同时 ${connections} 个连接，而 proxy.max_concurrent 为 ${wanted}`,
  },
  'env.outbound': {
    good: '通往端点的 HTTP 代理可用，或未设置',
    bad: ({ name }) => `${name} 不是 http:// 或 https:// 代理：经它无法到达任何端点`,
  },
  'env.certificates': {
    good: '证书会被验证',
    bad: ({ name }) => `${name} 为 0：qcc 仍然验证证书，其他程序不会`,
  },
  fleet: {
    good: '本网关与集群可以互通',
    bad: (about) => fleetFaults[String(about['fault'])]?.(about) ?? String(about['fault']),
  },
};

const fleetWhy: Readonly<Record<string, string>> = fleetWords.faults;
const fleetFaults: Readonly<Record<string, (about: About) => string>> = {
  noSecret: () => '已设置 fleet.url，但未设置 fleet.secret：本网关既不告知也不听取',
  nameTaken: () => '集群中另一网关使用了本网关的名称：等它没有消息后再加入',
  lost: ({ url, why }) => `请求照常处理，但无法经集群服务器 ${url} 互通：${fleetWhy[String(why)] ?? why}`,
  stranger: () => '收到未通过验证的消息：集群中有网关的 fleet.secret 不同，或有外人发言',
  newer: () => '集群中有网关使用更新的 qcc：这里听不懂它',
  plain: ({ url }) => `${url} 未加密：口令和网关之间的消息在途中可被读取`,
  oldServer: ({ version }) => `nats-server ${version} 崩溃时可能丢失数据流（2.10.23 之前）；网关会从各自的日志重新发布`,
};

function exceeds({ small, large, smallValue, largeValue }: About): string {
  return `${small}（${smallValue}）大于 ${large}（${largeValue}）`;
}
