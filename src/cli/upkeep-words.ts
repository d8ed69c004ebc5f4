/** The words of what looks after an installation: its log, its service, its costs, its speed. A part of the catalogue. */

const en = {
  serviceRuns: (name: string, file: string) => `${name} runs, and starts with your session: ${file}`,
  serviceRemoved: (file: string) => `the service is stopped, and its file is gone: ${file}`,
  serviceTaken: 'a gateway runs for this home already, and the service would be a second one',
  serviceLingers: 'it ends with your last session; to let it run without one:',
  servicePlain:
    'this system lets no user make namespaces, so the service may write wherever you may; its other limits hold (docs/security.md)',
  noServices: (platform: string) => `qcc knows no service of ${platform}`,
  commandFailed: (command: string, why: string) => `${command} failed: ${why}`,
  factsUnfolded: (which: string) =>
    `${which}: read, but the snapshot that they follow is gone: no state can be held against them`,
  foldedAgain: (facts: number, expected: number, machines: number) =>
    `${facts} of ${expected} facts folded again, into ${machines} machines and their views`,
  differs: (what: string, folded: string, running: string) =>
    `${what}: the facts make ${folded}, what runs is ${running}`,
  lostBefore: (which: string) => `${which}: lost, and told before`,
  drifted: (which: string, recorded: string, folded: string) =>
    `${which}: recorded ${recorded}; the chart of today would say ${folded}, and the record wins`,
  logIsWhole: 'the log is whole, and what runs is what the facts make',
  logIsNot: 'the log, or what runs, is not what it ought to be',
  nothingToRepair: (facts: number) => `nothing to repair: all ${facts} facts are whole; nothing was changed`,
  repaired: (facts: number) => `a new log was made, with ${facts} facts`,
  nothingLost: 'nothing was lost',
  originalKept: (path: string) => `the damaged one is kept: ${path}`,
  facts: 'facts',
  bytes: 'size',
  share: 'share',
  type: 'type',
  onDisk: 'on the disk',
  growth: (facts: number, bytes: string, disk: string) => `a day: ${facts} facts, ${bytes}; ${disk} on the disk`,
  compacted: (trimmed: number, facts: number, before: string, after: string) =>
    `${trimmed} old facts removed, ${facts} left; ${before} before, ${after} now`,
  benchRuns: 'measuring: a gateway of its own against an upstream on this machine …',
  benchHow: (concurrent: number, rate: number) =>
    `throughput with ${concurrent} requests at once; times at ${rate} requests a second, from when each was due`,
  benchLocal: (given: string) => `"${given}" is no http:// address of this machine, and others would bill you for it`,
  mustBeCountTo: (name: string, most: number, given: string) =>
    `${name} must be a whole number from 1 to ${most}, not "${given}"`,
  direct: 'direct',
  throughGateway: 'gateway',
  added: 'added',
  throughput: 'throughput',
  whole: 'whole',
  errors: 'errors',
  cacheTokens: 'cache read/written',
  cost: 'cost',
  costInAll: (dollars: string) => `${dollars} in all, by the price lists of the vendors; a relay may bill otherwise`,
  unpriced: (models: string) => `no list has a price for: ${models}`,
};

const zh: typeof en = {
  serviceRuns: (name, file) => `${name} 已运行，并随您的会话启动：${file}`,
  serviceRemoved: (file) => `服务已停止，文件已删除：${file}`,
  serviceTaken: '此目录的网关已在运行，服务会成为第二个',
  serviceLingers: '它随您的最后一个会话结束；要让它在没有会话时也运行：',
  servicePlain:
    '此系统不允许普通用户创建命名空间，因此服务可写入您可写入的任何位置；其他限制仍然有效（docs/security.md）',
  noServices: (platform) => `qcc 不支持 ${platform} 上的服务`,
  commandFailed: (command, why) => `${command} 失败：${why}`,
  factsUnfolded: (which) => `${which}：可以读取，但它们所依据的快照已丢失，无法核对状态`,
  foldedAgain: (facts, expected, machines) =>
    `重新折叠 ${facts} 条事实（共 ${expected} 条），得到 ${machines} 个状态机及其视图`,
  differs: (what, folded, running) => `${what}：由事实得到 ${folded}，运行中的是 ${running}`,
  lostBefore: (which) => `${which}：已丢失，此前已记录`,
  drifted: (which, recorded, folded) => `${which}：记录为 ${recorded}；如今的状态图会得到 ${folded}，以记录为准`,
  logIsWhole: '日志完整，运行状态与事实一致',
  logIsNot: '日志或运行状态与应有的不一致',
  nothingToRepair: (facts) => `无需修复：${facts} 条事实全部完好；未做任何更改`,
  repaired: (facts) => `已生成新日志，共 ${facts} 条事实`,
  nothingLost: '没有丢失任何内容',
  originalKept: (path) => `损坏的日志保留在：${path}`,
  facts: '事实',
  bytes: '大小',
  share: '占比',
  type: '类型',
  onDisk: '磁盘占用',
  growth: (facts, bytes, disk) => `每天：${facts} 条事实，${bytes}；磁盘 ${disk}`,
  compacted: (trimmed, facts, before, after) =>
    `移除 ${trimmed} 条旧事实，剩余 ${facts} 条；之前 ${before}，现在 ${after}`,
  benchRuns: '正在测量：用独立的网关，对本机上的上游……',
  benchHow: (concurrent, rate) => `吞吐量：同时 ${concurrent} 个请求；耗时：每秒 ${rate} 个请求，从应发出的时刻算起`,
  benchLocal: (given) => `"${given}" 不是本机的 http:// 地址；其他地址会向您收费`,
  mustBeCountTo: (name, most, given) => `${name} 必须是 1 到 ${most} 的整数，不能是 "${given}"`,
  direct: '直连',
  throughGateway: '经网关',
  added: '增加',
  throughput: '吞吐量',
  whole: '全程',
  errors: '错误',
  cacheTokens: '缓存 读/写',
  cost: '费用',
  costInAll: (dollars) => `合计 ${dollars}，按厂商价目表计算；中转站的计费可能不同`,
  unpriced: (models) => `没有价格的模型：${models}`,
};

export const upkeep = { en, 'zh-CN': zh };
