/** The words of the command line. English is the catalogue; a translation that lacks one does not compile. */

export const en = {
  usage: 'Usage', commands: 'Commands', flags: 'Flags', examples: 'Examples', everywhere: 'Everywhere',
  tagline: 'many endpoints for Claude Code behind one local address',
  didYouMean: (word: string) => `did you mean ${word}?`,
  seeHelp: (command: string) => `see ${command} --help`,
  unknownCommand: (word: string) => `unknown command "${word}"`,
  unknownFlag: (word: string) => `unknown flag ${word}`,
  needsValue: (flag: string) => `${flag} needs a value`,
  missing: (name: string) => `${name} is missing`,
  tooMany: (word: string) => `one argument too many: "${word}"`,
  needsYes: 'this cannot be undone, and nobody can be asked here: say --yes',
  sure: 'Really?', yes: 'yes', no: 'no', stopped: 'nothing was done',
  keyInArgv: 'the key stands in the shell history now; --api-key-stdin or --api-key-env NAME keep it out',
  pointHere: 'To point Claude Code here:', oneOf: 'one of',
  none: 'none', never: 'never',
  restartNeeded: 'applies after: qcc proxy restart',
  started: (url: string) => `the gateway answers on ${url}`,
  stopping: (drained: number, cut: number) => `stopped; ${drained} requests ended meanwhile, ${cut} were cut off`,
  notRunning: 'the gateway is not running', startIt: 'qcc proxy start',
  noProfiles: 'there is no profile yet', noEndpoints: 'there is no endpoint yet',
  madeHome: (home: string) => `made ${home}`, homeIs: (home: string) => `home: ${home}`,
  keychain: 'the master key is in the keychain of the system', keyfile: 'the master key is in a file that only you can read (docs/security.md)',
  applied: (file: string) => `written: ${file}`, restored: (file: string) => `given back: ${file}`,
  keptYours: (names: string) => `changed by you since, and left as it is: ${names}`,
  liveSessions: 'a session that runs keeps the address it has until it ends',
  chooseProfile: 'Profile', chooseHow: 'How to add an endpoint', byHand: 'by hand', fromPreset: 'from a preset', fromProfile: 'from another profile',
  askUrl: 'Base URL', askKey: 'API key', askPreset: 'Preset',
  name: 'name', tier: 'tier', state: 'state', endpoints: 'endpoints', active: 'active', id: 'id', address: 'address', weight: 'weight', key: 'key',
  since: 'since', until: 'until', why: 'why', success: 'success', mean: 'mean', last: 'last error', requests: 'requests', attempts: 'attempts',
  failures: 'failures', model: 'model', tokens: 'tokens', verdict: 'verdict', score: 'score', value: 'value', origin: 'origin', range: 'range',
  at: 'at', from: 'from', to: 'to', reason: 'reason', kind: 'kind', next: 'next', profile: 'profile', description: 'description', priority: 'priority',
  c_qcc: 'choose a profile and start Claude Code (on a terminal)', c_init: 'make the home and its keys', c_add: 'add a profile', c_list: 'list the profiles',
  c_use: 'make a profile active', c_default: 'make a profile the default one', c_remove: 'remove a profile and its endpoints', c_status: 'the gateway at a glance, with the ladder',
  c_fc: 'a profile from a vendor preset', c_env: 'lines for your shell that point clients here', c_code: 'start claude through the gateway',
  c_proxy: 'the gateway', c_proxy_start: 'start it in the background', c_proxy_run: 'run it in the foreground', c_proxy_stop: 'let requests end, then stop', c_proxy_restart: 'stop and start again',
  c_proxy_status: 'how it is', c_proxy_logs: 'the access log', c_proxy_stats: 'requests, failures, times and tokens per endpoint and model',
  c_endpoint: 'endpoints of a profile', c_endpoint_add: 'add one', c_endpoint_update: 'change one', c_endpoint_list: 'list them', c_endpoint_remove: 'remove one',
  c_endpoint_enable: 'let it take traffic again', c_endpoint_disable: 'take it out by hand', c_endpoint_test: 'ask them a small question', c_endpoint_stats: 'numbers of a profile',
  c_priority: 'the ladder', c_priority_set: 'put a profile into a tier', c_priority_list: 'show the ladder', c_priority_switch: 'switch by hand, and pin', c_priority_policy: 'rules of automatic switches', c_priority_history: 'past switches',
  c_health: 'health of endpoints', c_health_status: 'state, since, until, why', c_health_reset: 'take one out of failed or paused now', c_health_test: 'ask them a small question; nothing is recorded',
  c_config: 'settings', c_config_get: 'one setting', c_config_set: 'change one', c_config_list: 'all of them', c_config_reset: 'back to the default', c_config_export: 'write everything but secrets into a file',
  c_history: 'what happened', c_history_explain: 'why a request went where it went', c_debug: 'the machines, and what moves them next', c_demo: 'simulated endpoints and faults, no key needed',
};

export type Words = typeof en;

export const zh: Words = {
  usage: '用法', commands: '命令', flags: '选项', examples: '示例', everywhere: '通用选项',
  tagline: '一个本地地址，多个端点，服务 Claude Code',
  didYouMean: (word) => `您是不是想用 ${word}？`,
  seeHelp: (command) => `参见 ${command} --help`,
  unknownCommand: (word) => `未知命令 "${word}"`,
  unknownFlag: (word) => `未知选项 ${word}`,
  needsValue: (flag) => `${flag} 需要一个值`,
  missing: (name) => `缺少 ${name}`,
  tooMany: (word) => `多余的参数："${word}"`,
  needsYes: '此操作不可撤销，且这里无法询问：请加 --yes',
  sure: '确定吗？', yes: '是', no: '否', stopped: '未做任何更改',
  keyInArgv: '密钥已留在 shell 历史中；请改用 --api-key-stdin 或 --api-key-env NAME',
  pointHere: '让 Claude Code 使用此网关：', oneOf: '可选',
  none: '无', never: '从未',
  restartNeeded: '重启后生效：qcc proxy restart',
  started: (url) => `网关已在 ${url} 应答`,
  stopping: (drained, cut) => `已停止；期间完成 ${drained} 个请求，中断 ${cut} 个`,
  notRunning: '网关未运行', startIt: 'qcc proxy start',
  noProfiles: '还没有配置', noEndpoints: '还没有端点',
  madeHome: (home) => `已创建 ${home}`, homeIs: (home) => `目录：${home}`,
  keychain: '主密钥保存在系统钥匙串中', keyfile: '主密钥保存在仅您可读的文件中（见 docs/security.md）',
  applied: (file) => `已写入：${file}`, restored: (file) => `已还原：${file}`,
  keptYours: (names) => `您后来改过，保持不变：${names}`,
  liveSessions: '正在运行的会话在结束前仍使用原地址',
  chooseProfile: '配置', chooseHow: '如何添加端点', byHand: '手动填写', fromPreset: '使用预设', fromProfile: '来自其他配置',
  askUrl: '基础 URL', askKey: 'API 密钥', askPreset: '预设',
  name: '名称', tier: '层级', state: '状态', endpoints: '端点', active: '当前', id: '编号', address: '地址', weight: '权重', key: '密钥',
  since: '自', until: '至', why: '原因', success: '成功率', mean: '平均', last: '最近错误', requests: '请求', attempts: '尝试',
  failures: '失败', model: '模型', tokens: '令牌', verdict: '结论', score: '评分', value: '值', origin: '来源', range: '范围',
  at: '时间', from: '从', to: '到', reason: '原因', kind: '类型', next: '下一步', profile: '配置', description: '说明', priority: '优先级',
  c_qcc: '选择配置并启动 Claude Code（终端中）', c_init: '创建目录和密钥', c_add: '添加配置', c_list: '列出配置',
  c_use: '切换到某个配置', c_default: '设为默认配置', c_remove: '删除配置及其端点', c_status: '网关概览与层级',
  c_fc: '用厂商预设创建配置', c_env: '输出指向网关的环境变量', c_code: '通过网关启动 claude',
  c_proxy: '网关', c_proxy_start: '后台启动', c_proxy_run: '前台运行', c_proxy_stop: '等请求完成后停止', c_proxy_restart: '重启',
  c_proxy_status: '运行状态', c_proxy_logs: '访问日志', c_proxy_stats: '按端点和模型统计',
  c_endpoint: '配置中的端点', c_endpoint_add: '添加', c_endpoint_update: '修改', c_endpoint_list: '列出', c_endpoint_remove: '删除',
  c_endpoint_enable: '启用', c_endpoint_disable: '停用', c_endpoint_test: '发一个小问题测试', c_endpoint_stats: '配置的统计',
  c_priority: '优先级层级', c_priority_set: '设置配置的层级', c_priority_list: '显示层级', c_priority_switch: '手动切换并固定', c_priority_policy: '自动切换规则', c_priority_history: '切换历史',
  c_health: '端点健康', c_health_status: '状态、起止、原因', c_health_reset: '立即解除失败或暂停', c_health_test: '发一个小问题，不记录',
  c_config: '设置', c_config_get: '查看', c_config_set: '修改', c_config_list: '全部', c_config_reset: '恢复默认', c_config_export: '导出（不含密钥）',
  c_history: '发生过什么', c_history_explain: '某个请求为何如此', c_debug: '状态机及其下一步', c_demo: '模拟端点与故障演示，无需密钥',
};

export type Language = 'en' | 'zh-CN';

export function languageOf(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  const wanted = flag ?? env['QCC_LANG'] ?? env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? '';
  return wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

export function wordsOf(language: Language): Words {
  return language === 'zh-CN' ? zh : en;
}
