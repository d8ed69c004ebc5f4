/**
 * What each setting does, in both languages: `qcc config list`, `docs/configuration.md` and its translation say it in
 * these words.
 */
import type { SettingKey } from '../config/settings/settings.ts';

type Language = 'en' | 'zh-CN';
type Both = Readonly<Record<Language, string>>;

/** In Markdown, because the papers are made of it. */
export const settingWords: Readonly<Record<SettingKey, Both>> = {
  'proxy.host': {
    en: 'the address to listen on; anything but loopback requires `proxy.require_token`',
    'zh-CN': '监听地址；非环回地址必须开启 `proxy.require_token`',
  },
  'proxy.port': { en: 'the port to listen on; 0 takes a free one', 'zh-CN': '监听端口；0 表示任取空闲端口' },
  'proxy.tls_cert': {
    en: 'the certificate; together with `proxy.tls_key` it makes the port speak HTTPS; clients trust it through `NODE_EXTRA_CA_CERTS`',
    'zh-CN': '证书；与 `proxy.tls_key` 一起设置则使用 HTTPS；客户端通过 `NODE_EXTRA_CA_CERTS` 信任它',
  },
  'proxy.tls_key': {
    en: 'the private key of the certificate; if only one of the two is set, or a file is unreadable or expired, the gateway does not start',
    'zh-CN': '证书的私钥；两者只设其一、文件不可读或已过期时，网关不启动',
  },
  'proxy.require_token': {
    en: 'only clients that send the token of this installation are accepted; `qcc env` and `qcc use` provide it',
    'zh-CN': '只接受带有本安装令牌的客户端；`qcc env` 与 `qcc use` 会提供令牌',
  },
  'proxy.allowed_hosts': {
    en: 'further values of `Host` to accept, besides loopback ones',
    'zh-CN': '除环回地址外还接受的 `Host` 值',
  },
  'proxy.allowed_origins': {
    en: 'the `Origin` of desktop clients to accept; without it, browsers are always refused',
    'zh-CN': '接受哪些桌面客户端的 `Origin`；除此之外，浏览器一律拒绝',
  },
  'proxy.max_concurrent': {
    en: 'requests that run at the same time; each endpoint also has its own limit',
    'zh-CN': '同时处理的请求数；每个端点另有自己的上限',
  },
  'proxy.max_waiting': {
    en: 'requests that may wait for their turn; one more gets 503 with `retry-after`',
    'zh-CN': '排队等待的请求数；再多则返回 503 和 `retry-after`',
  },
  'proxy.rate_limit': {
    en: '0 means no limit; requests above it wait in the same backlog',
    'zh-CN': '0 表示不限；超出的请求在同一等待队列中等待',
  },
  'proxy.private_headers': {
    en: 'further headers that hold a credential of the client, separated by commas: they are sent to no endpoint',
    'zh-CN': '还有哪些请求头含有客户端的凭据（逗号分隔）：不会发往任何端点',
  },
  'proxy.max_attempts': {
    en: 'how many endpoints one request may try, each once',
    'zh-CN': '一个请求最多尝试的端点数，每个一次',
  },
  'proxy.connect_timeout': { en: 'how long connecting to an endpoint may take', 'zh-CN': '连接端点的时限' },
  'proxy.headers_timeout': {
    en: 'streaming: how long to wait for the response headers',
    'zh-CN': '流式：等待响应头的时限',
  },
  'proxy.first_content_timeout': {
    en: 'streaming: how long to wait for the first content; twice as long while pings come',
    'zh-CN': '流式：等待第一段内容的时限；期间有 ping 时加倍',
  },
  'proxy.idle_timeout': {
    en: 'streaming: the longest silence between two events, not counting pings',
    'zh-CN': '流式：两个非 ping 事件之间的最长静默',
  },
  'proxy.total_timeout': { en: 'not streaming: how long the whole answer may take', 'zh-CN': '非流式：整个响应的时限' },
  'proxy.log_level': {
    en: 'what `logs/access.log` records: error only failures, warn also requests that took another attempt, info every request, debug also each attempt; in gateway.log, error leaves out warnings',
    'zh-CN':
      '`logs/access.log` 记录什么：error 只记失败，warn 还记换过端点的请求，info 记每个请求，debug 还记每次尝试；对 gateway.log，error 不记警告',
  },
  'health.enabled': {
    en: 'false acts like `health.mode off`, whatever that setting says',
    'zh-CN': 'false 等于 `health.mode off`',
  },
  'health.check_interval': {
    en: 'the longest time between two probes of an endpoint; each probe comes up to a quarter earlier, at random, so a recovered endpoint is found within this time',
    'zh-CN': '同一端点两次探测之间的最长间隔；每次随机提前至多四分之一，因此端点恢复后必在此时间内被发现',
  },
  'health.timeout': {
    en: 'how long one probe may take, also in `qcc health test` and `qcc endpoint test`',
    'zh-CN': '一次探测的时限，也用于 `qcc health test` 与 `qcc endpoint test`',
  },
  'health.mode': {
    en: 'which endpoints are probed - `passive`: those about which traffic says too little; `active`: all; `off`: none',
    'zh-CN': '探测哪些端点：`passive` 只探测流量不足以判断的端点，`active` 探测全部，`off` 不探测',
  },
  'health.model': {
    en: 'the model that probes use; empty: the cheapest that works',
    'zh-CN': '探测使用的模型；为空则用最便宜的可用模型',
  },
  'health.weight_adjustment': {
    en: 'weights follow how endpoints perform; false: your own weights, at once',
    'zh-CN': '权重随端点表现调整；false：立即恢复您自己的权重',
  },
  'health.min_checks': { en: "results before an endpoint's weight is adjusted", 'zh-CN': '调整端点权重前至少的结果数' },
  'health.backoff_base': { en: 'how long an endpoint is ejected the first time', 'zh-CN': '端点第一次被剔除多久' },
  'health.backoff_max': { en: 'the longest time that an endpoint is ejected', 'zh-CN': '端点被剔除的最长时间' },
  'health.ramp': {
    en: 'slow start: the time from the first success of an endpoint to its full share; 0 means at once',
    'zh-CN': '慢启动：端点从第一次成功到恢复全部份额的时间；0 表示立即恢复',
  },
  'health.credential_interval': {
    en: 'how long an endpoint is ejected for a refused key, a spent balance or a wrong address',
    'zh-CN': '密钥被拒绝、余额用尽或地址错误时剔除多久',
  },
  'queue.enabled': {
    en: 'requests that no endpoint can answer yet wait, and are retried',
    'zh-CN': '暂时没有端点能应答的请求会排队等待并重试',
  },
  'queue.max_size': { en: 'requests that may wait', 'zh-CN': '可排队的请求数' },
  'queue.strategy': { en: 'how the wait grows from one retry to the next', 'zh-CN': '重试间隔如何增长' },
  'queue.base_delay': { en: 'the wait before the first retry', 'zh-CN': '第一次重试之前的等待时间' },
  'queue.max_delay': { en: 'the longest wait between two attempts', 'zh-CN': '两次尝试之间最长的等待' },
  'queue.max_retries': {
    en: "retries by the gateway, after the client's own attempt",
    'zh-CN': '客户端的尝试之后，网关自己的重试次数',
  },
  'queue.hold': {
    en: 'how long a client is kept waiting before it gets 503',
    'zh-CN': '客户端在得到 503 之前最多等待多久',
  },
  'queue.ttl': { en: 'how long an answer is kept for the same request', 'zh-CN': '应答为同一请求保留的时间' },
  'loadbalancer.strategy': {
    en: 'how endpoints of one profile with the same priority share the traffic. `failover` is strict order',
    'zh-CN': '同一配置内优先级相同的端点如何分担流量；`failover` 为严格次序',
  },
  'loadbalancer.health_aware': {
    en: 'false: health is recorded but decides nothing; only endpoints with a refused key, and those that you disabled, get no requests',
    'zh-CN': 'false：只记录健康状态，不据此选择端点；密钥被拒绝的和您停用的端点仍不接请求',
  },
  'loadbalancer.sticky_session': {
    en: 'a session stays where its prompt cache is',
    'zh-CN': '会话留在保有其提示缓存的端点',
  },
  'loadbalancer.sticky_ttl': {
    en: 'how long a session stays after the start of its last request',
    'zh-CN': '会话自上一个请求开始后保留多久',
  },
  'failover.auto': {
    en: 'switch down the ladder when the active profile has no usable endpoint',
    'zh-CN': '当前配置没有可用端点时向下切换',
  },
  'failover.auto_recovery': {
    en: 'switch back up the ladder when the better profile has recovered',
    'zh-CN': '更优的配置恢复后向上切回',
  },
  'failover.failure_threshold': {
    en: 'reports in a row that a switch needs; none when every endpoint is known to be unusable',
    'zh-CN': '切换所需的连续报告数；全部端点确定不可用时不需要',
  },
  'failover.recovery_checks': {
    en: 'successful checks needed before switching back',
    'zh-CN': '切回所需的成功检查次数',
  },
  'failover.cooldown': {
    en: 'the shortest time from a switch to the next failover',
    'zh-CN': '一次切换到下一次故障转移之间的最短时间',
  },
  'failover.recovery_delay': {
    en: 'how long a profile must stay healthy before switching back',
    'zh-CN': '配置至少须保持正常多久才切回',
  },
  'failover.max_per_hour': { en: 'the most failovers in an hour', 'zh-CN': '每小时最多的故障转移次数' },
  'history.retention_days': {
    en: 'facts older than this are removed, once an hour; the state that they led to stays',
    'zh-CN': '更早的事实每小时清理一次；它们形成的状态保留',
  },
  'history.max_size': {
    en: 'when the log grows to this size on disk, its oldest facts are removed; 0 means no limit',
    'zh-CN': '日志在磁盘上达到此大小时，移除最旧的事实；0 表示不限',
  },
  'dashboard.port': {
    en: 'the port of the page that `qcc dashboard` opens, on this machine alone; 0 takes a free one',
    'zh-CN': '`qcc dashboard` 打开的页面所用的端口，仅限本机；0 表示任选空闲端口',
  },
  'dashboard.keep': {
    en: 'how long the page can be opened again after it was closed; then its port closes too',
    'zh-CN': '页面关闭后，多久之内仍可再次打开；之后其端口也会关闭',
  },
  'client.gateway': {
    en: 'the gateway of another machine, which `qcc code`, `qcc env` and `qcc status` use instead of one here; `qcc use --gateway URL` sets it, and checks it first',
    'zh-CN':
      '其他机器上的网关，`qcc code`、`qcc env` 和 `qcc status` 会用它代替本机的网关；由 `qcc use --gateway URL` 检查后设置',
  },
  'client.ca': {
    en: 'the certificates that it may be signed by, beside those that Node trusts',
    'zh-CN': '除 Node 信任的证书外，可以签发其证书的证书',
  },
  'client.token': {
    en: 'the token for it. Stored encrypted, never shown',
    'zh-CN': '用于它的访问令牌。加密保存，从不显示',
  },
  'notify.webhook': {
    en: 'where messages are posted. Stored encrypted, like a key; only its host is ever shown',
    'zh-CN': '消息发送到哪里。像密钥一样加密保存，只显示主机名',
  },
  'notify.on': {
    en: 'which events are sent: a switch down the ladder; the switch back; no endpoint can answer; an endpoint refuses its key, or has no balance left',
    'zh-CN': '通知哪些事件：向下切换；切回；没有端点可用；端点拒绝密钥或余额用尽',
  },
  'notify.format': {
    en: "`auto` depends on the URL's host (Slack, Feishu and Lark, DingTalk, WeCom, ntfy.sh); any other host gets `json`",
    'zh-CN': '`auto` 按 URL 的主机名判断（Slack、飞书与 Lark、钉钉、企业微信、ntfy.sh）；其他主机用 `json`',
  },
  'notify.secret': {
    en: "stored encrypted, never shown. Feishu and DingTalk: the signing secret of the bot. ntfy: an access token. json: `x-qcc-signature-256` carries the body's HMAC-SHA256",
    'zh-CN':
      '加密保存，从不显示。飞书与钉钉：机器人的签名密钥。ntfy：访问令牌。json：`x-qcc-signature-256` 为正文的 HMAC-SHA256',
  },
  'notify.desktop': {
    en: '`notify-send` on Linux, `osascript` on macOS',
    'zh-CN': 'Linux 用 `notify-send`，macOS 用 `osascript`',
  },
  'notify.window': {
    en: 'the same event of the same profile is sent once in this time; repetitions are sent together, with their number',
    'zh-CN': '同一配置的同一类事件在这段时间内只通知一次；期间再次发生的合并为一条，并注明次数',
  },
  'fleet.url': {
    en: 'the NATS server (JetStream) through which gateways tell each other what they were refused with',
    'zh-CN': '网关之间互通所遇拒绝的 NATS 服务器（JetStream）',
  },
  'fleet.name': {
    en: 'what the others call this gateway; each has another name',
    'zh-CN': '其他网关对本网关的称呼；每个网关各不相同',
  },
  'fleet.secret': {
    en: 'stored encrypted, never shown, and the same at all gateways: who does not know it can neither speak nor tell which keys are meant',
    'zh-CN': '加密保存，从不显示，所有网关相同：不知道它的人既不能发言，也无法得知所指的是哪些密钥',
  },
  'fleet.user': {
    en: 'the account at the server, with `fleet.password`',
    'zh-CN': '服务器上的账户，与 `fleet.password` 一起使用',
  },
  'fleet.password': { en: 'stored encrypted, never shown', 'zh-CN': '加密保存，从不显示' },
  'fleet.nkey': {
    en: 'in place of an account: the seed of a user nkey; stored encrypted, never shown',
    'zh-CN': '代替账户：用户 nkey 的种子；加密保存，从不显示',
  },
  'fleet.tls_ca': {
    en: 'what a `tls://` server is trusted by, beside the well-known authorities',
    'zh-CN': '用于信任 `tls://` 服务器的证书，公认的机构除外',
  },
  'fleet.follow_switch': {
    en: 'a switch by hand at one gateway is one at all that have a profile of this name; off: this one neither tells nor follows',
    'zh-CN': '在一个网关上手动切换，所有有同名配置的网关一同切换；关闭后，本网关既不告知也不跟随',
  },
};

/** For a terminal: without what only Markdown needs. */
export function settingAbout(key: SettingKey, language: Language): string {
  return settingWords[key][language].replaceAll('`', '');
}
