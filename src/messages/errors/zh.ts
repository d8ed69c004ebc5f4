/** Every error in Chinese. A hint is there where it is more than a command. */

import { clauseOf, partsText } from './faults.ts';
import type { ErrorCode, ErrorParamsOf } from './params.ts';
import { diskErrorsZh } from './zh-disk.ts';
import { faultsZh } from './zh-faults.ts';
import { leftOutZh } from './zh-left-out.ts';
import { syncErrorsZh } from './zh-sync.ts';
import { tokenErrorsZh } from './zh-tokens.ts';
import { wantedInChinese } from './zh-wanted.ts';

type Translation = {
  readonly [Code in ErrorCode]: {
    readonly message: (params: ErrorParamsOf[Code]) => string;
    readonly hint?: (params: ErrorParamsOf[Code]) => string;
  };
};

// The params hold lists as scripts read them.
const listed = (names: unknown) => String(names).split(', ').join('、');

const faults: Readonly<Record<string, string>> = {
  ENOENT: '所在目录不存在',
  ENOTDIR: '路径中有一部分不是目录',
  EISDIR: '它是一个目录',
  ENAMETOOLONG: '名称过长',
  EACCES: '没有写入权限',
  EPERM: '没有写入权限',
  EROFS: '磁盘只读',
  ENOSPC: '磁盘已满',
  EFBIG: '系统限制了文件大小',
  EDQUOT: '配额已用完',
  EMFILE: '打开的文件过多',
};

const among = (profile: string | number | undefined) => (profile ? `配置“${profile}”中` : '');

/** A fault that only a gateway of another version knows has its English sentence. */
const clause = (fault: object) => clauseOf(faultsZh, fault) ?? String((fault as { text?: string }).text ?? '');
const leftOut = (parts: string | number) => partsText(parts, leftOutZh, '：', '；');

/** What the command line throws is in its reader's language already. */
const asItIs = { message: ({ text }: { readonly text: string }) => text };

export const errorsZh: Translation = {
  ...syncErrorsZh,
  ...tokenErrorsZh,
  ...diskErrorsZh,
  QCC_CLAUDE_MISSING: asItIs,
  QCC_GATEWAY_FAULT: asItIs,
  QCC_GATEWAY_SILENT: asItIs,
  QCC_PROFILE_NONE: asItIs,
  QCC_ENDPOINT_NONE: asItIs,
  QCC_QUEUE_EMPTY: asItIs,
  QCC_SERVICE_FAILED: asItIs,
  QCC_SERVICE_UNSUPPORTED: asItIs,
  QCC_USAGE_CONFIRM: asItIs,
  QCC_USAGE_DECLINED: asItIs,
  QCC_USAGE_INVALID: asItIs,
  QCC_SETUP_LEFT: { message: () => '已中断；之前完成的保留', hint: () => 'qcc init' },
  QCC_USAGE_INTERRUPTED: { message: () => '已中断', hint: () => '未做任何更改' },
  QCC_COMMAND_FAULT: { message: ({ message }) => `意外错误：${message}`, hint: () => '设置 QCC_DEBUG=1 可查看位置' },
  QCC_FILE_UNWRITABLE: { message: ({ path, code }) => `无法写入 ${path}：${faults[String(code)] ?? ''}（${code}）` },
  QCC_SETTING_UNKNOWN: {
    message: ({ name }) => `没有名为“${name}”的设置`,
    hint: ({ near }) => (near ? `您是不是想用 ${near}？参见 qcc config list` : 'qcc config list'),
  },
  QCC_SETTING_INVALID: { message: ({ key, chinese, given }) => `${key} 的值“${given}”无效，允许范围：${chinese}` },
  QCC_SETTING_ENV: {
    message: ({ name, chinese, given }) => `环境变量 ${name} 的值“${given}”无效，允许范围：${chinese}`,
  },
  QCC_MISSING_UNKNOWN: {
    message: ({ what, known }) =>
      `它没有拒绝过“${what}”：${known === '' ? '它没有拒绝过任何内容' : `它拒绝过 ${known}`}`,
  },
  QCC_MODEL_RULE: { message: ({ rule, ...fault }) => `“${rule}”不是有效的模型规则：${clause(fault)}` },
  QCC_MODEL_RULES: { message: ({ count, most }) => `规则过多：${count} 条，最多 ${most} 条` },
  QCC_MODEL_TWICE: {
    message: ({ from }) => `“${from}”有两条规则`,
    hint: ({ from }) => `--model '${from}=TO' 只写一次`,
  },
  QCC_MODEL_UNKNOWN: {
    message: ({ from, rules }) => `没有“${from}”的规则：${rules === '' ? '此端点没有任何规则' : `现有 ${rules}`}`,
  },
  QCC_PRESET_UNKNOWN: {
    message: ({ name }) => `没有名为“${name}”的预设`,
    hint: ({ near }) => (near ? `您是不是想用 ${near}？参见 qcc fc --list` : 'qcc fc --list'),
  },
  QCC_HOME_PATH: { message: ({ bytes, most }) => `数据目录的路径过长，放不下套接字（${bytes} 字节，最多 ${most}）` },
  QCC_HOME_NONE: { message: () => '没有可用的数据目录：HOME 为空，系统中也没有此用户的目录' },
  QCC_HOME_OWNER: { message: ({ home }) => `${home} 属于其他用户` },
  QCC_HOME_OPEN: { message: ({ home }) => `${home} 可被其他用户写入` },
  QCC_HOME_NEWER: {
    message: ({ home, ...fault }) => `${home} 由更新版本的 qcc 创建（${clause(fault)}）；未做任何更改`,
  },
  QCC_HOME_NOT_EMPTY: { message: ({ home }) => `${home} 不是空的：备份只能恢复到空的数据目录` },
  QCC_DEMO_HOME: { message: ({ path }) => `${path} 已有内容：演示的数据目录须放在新的文件夹里` },
  QCC_BACKUP_INVALID: { message: (fault) => `此文件不是完整的备份：${clause(fault)}` },
  QCC_BACKUP_FAILED: { message: ({ to: _, ...fault }) => `未能得到完整的副本：${clause(fault)}` },
  QCC_URL_PLAINTEXT: {
    message: ({ origin }) => `${origin} 会在网络上明文发送您的密钥`,
    hint: () => '请使用 https://，或加 --allow-plaintext',
  },
  QCC_URL_INVALID: { message: ({ given, ...fault }) => `“${given}”不能作为基础 URL：${clause(fault)}` },
  QCC_CLAUDE_SETTINGS: {
    message: ({ file, ...fault }) => `${file} 无法使用：${clause(fault)}；未做任何更改`,
    hint: ({ file }) => `请修正 ${file} 后重新运行`,
  },
  QCC_HOME_ODD: {
    message: ({ path, is }) => `${path} 不是${is === 'file' ? '文件' : '目录'}`,
  },
  QCC_FILE_UNREADABLE: {
    message: ({ path, code }) => (code === '' ? `您没有使用 ${path} 的权限` : `无法读取 ${path}（${code}）`),
  },
  QCC_VAULT_GONE: {
    message: ({ path }) => `${path} 不见了，端点的密钥也随之丢失`,
    hint: () => '请放回原处，或重新开始：qcc config doctor --fix；它会列出需要重新提供密钥的端点',
  },
  QCC_VAULT_LOCKED: {
    message: () => '无法取得 API 密钥的主密钥（钥匙串已锁定，或 master.key 丢失）',
    hint: ({ vault }) => `请解锁钥匙串；若主密钥已无法找回：mv ${vault} ${vault}.old，然后 qcc config doctor --fix`,
  },
  QCC_PROFILE_UNKNOWN: {
    message: ({ name }) => `没有名为“${name}”的配置`,
    hint: ({ near, known }) => (known ? `${near ? `您是不是想用 ${near}？` : ''}现有：${listed(known)}` : 'qcc init'),
  },
  QCC_PROFILE_NAME: {
    message: ({ name }) =>
      `“${name}”不能作为配置名：须为 1 到 64 个文字、数字、- _ .，且不以点或横线开头，也不能是 constructor 之类的词`,
  },
  QCC_PROFILE_BARE: {
    message: ({ name }) => `配置“${name}”没有端点，无法使用`,
    hint: ({ name }) => `qcc endpoint add ${name}`,
  },
  QCC_PROFILE_EXISTS: { message: ({ name }) => `已有名为“${name}”的配置` },
  QCC_WHATIF_ENDPOINT: { message: ({ name }) => `无法推演 "${name}"：端点只能推演其 models` },
  QCC_WHATIF_UNKNOWN: {
    message: ({ id, count }) => `"${id}" ${count === 0 ? '不是任何端点' : `可能指 ${count} 个端点`}`,
  },
  QCC_WHATIF_SETTING: { message: ({ key }) => `${key} 与剔除、切换和路由无关，无法推演其效果` },
  QCC_CAPSULE_LACKS: {
    message: ({ name }) => `这个文件只含过去的事实，${name} 只有网关能回答`,
    hint: () => '请在导出该文件的机器上运行 qcc dashboard',
  },
  QCC_CAPSULE_UNREADABLE: {
    message: ({ path, code }) => `无法读取 ${path}（${code}）`,
    hint: ({ path }) => `可用 qcc history export --incident ${path} 生成`,
  },
  QCC_CAPSULE_LIMIT: {
    message: ({ path, ...fault }) => `${path} 超出故障文件的读取上限：${clause(fault)}`,
    hint: () => '请索取时间范围更短的文件',
  },
  QCC_CAPSULE_DAMAGED: {
    message: ({ path, ...fault }) => `${path} 不是完整的故障文件：${clause(fault)}`,
    hint: () => '请重新索取该文件',
  },
  QCC_CAPSULE_VERSION: {
    message: ({ path, version }) => `${path} 由 qcc ${version} 写成，其状态格式不同`,
    hint: () => '请使用该版本的 qcc',
  },
  QCC_HISTORY_UNKNOWN: { message: ({ moment, head }) => `历史只到 #${head}，没有 ${moment}` },
  QCC_HISTORY_TRIMMED: {
    message: ({ moment, tail, lacksSnapshot }) =>
      lacksSnapshot
        ? `日志中没有 ${moment} 之前的快照：现从 #${tail} 开始`
        : `日志已不保留 ${moment} 的内容：现从 #${tail} 开始`,
  },
  QCC_ENDPOINT_UNKNOWN: {
    message: ({ id, profile }) => `${among(profile)}没有端点“${id}”`,
    hint: ({ near, hint }) => (near ? `您是不是想用 ${near}？${hint}` : hint),
  },
  QCC_ENDPOINT_AMBIGUOUS: {
    message: ({ id, count, profile, known }) =>
      `${among(profile)}“${id}”可能指 ${count} 个端点${known ? `：${known}` : ''}`,
  },
  QCC_ENDPOINT_EXISTS: { message: ({ baseUrl }) => `此配置中已有相同 URL 和密钥的端点（${baseUrl}）` },
  QCC_ENDPOINT_INVALID: {
    message: ({ name, min, max, value }) => `${name} 必须是 ${min} 到 ${max} 的整数，不能是 ${value}`,
  },
  QCC_KEY_INVALID: {
    message: () => '这不是有效的 API 密钥：太短，或含有空格或特殊字符',
    hint: () => '请只提供密钥本身，单独一行',
  },
  QCC_QUEUE_UNKNOWN: { message: ({ id }) => `队列中没有“${id}”` },
  QCC_QUEUE_AMBIGUOUS: { message: ({ id, count }) => `队列中有 ${count} 个以“${id}”开头` },
  QCC_QUEUE_OVER: { message: ({ id, state }) => `“${id}”无法重试：状态为 ${state}` },
  QCC_QUEUE_NO_ANSWER: { message: ({ id, state }) => `“${id}”没有保存的应答：状态为 ${state}` },
  QCC_SESSION_AMBIGUOUS: {
    message: ({ given, count, known }) => `“${given}”可能是 ${count} 个会话：${known}`,
    hint: () => '请给出更长的编号',
  },
  QCC_REQUEST_AMBIGUOUS: {
    message: ({ given, count, known }) => `“${given}”可能是 ${count} 个请求：${known}`,
    hint: () => '请给出更长的编号',
  },
  QCC_HISTORY_FILTER: {
    message: ({ filter, given }) => `--${filter}“${given}”在历史中不存在`,
    hint: ({ near, known }) =>
      [near && `您是不是想用 ${near}？`, known && `现有：${listed(known)}`].filter(Boolean).join('') || 'qcc history',
  },
  QCC_INCIDENT_UNKNOWN: {
    message: ({ number }) => (number === '' ? '历史中没有故障' : `没有故障包含事实 #${number}`),
  },
  QCC_HISTORY_NO_TROUBLE: { message: () => '日志中没有失败或换过端点的请求' },
  QCC_HISTORY_NO_STORY: { message: ({ given }) => `${given} 与任何请求和端点无关` },
  QCC_REQUEST_UNKNOWN: {
    message: ({ request, until }) =>
      until
        ? `日志中没有请求“${request}”的结局：当时的网关被强制终止，${until} 之后结束的请求可能没有记录`
        : `日志中没有请求“${request}”`,
  },
  QCC_SNAPSHOT_UNKNOWN: { message: ({ id }) => `没有快照“${id}”` },
  QCC_ROLLBACK_UNCHANGED: { message: () => '还没有任何更改可以撤销' },
  QCC_ROLLBACK_NOTHING: { message: ({ parts }) => `没有可以恢复的内容：${leftOut(parts)}` },
  QCC_ROLLBACK_PARTIAL: {
    message: ({ parts }) => `无法全部恢复，因此未做更改：${leftOut(parts)}`,
    hint: ({ command }) => `${command} --partial 可恢复其余部分`,
  },
  QCC_APART_LIMIT: {
    message: ({ isLate, seconds, heapMb }) =>
      `未能读完此文件，未采用其中任何内容：${isLate ? `读取超过 ${seconds} 秒` : `读取占用超过 ${heapMb} MB 内存，或读取程序已崩溃`}`,
    hint: () => '请重新索取该文件，或索取更小的文件',
  },
  QCC_IMPORT_INVALID: { message: ({ hint: _, ...fault }) => `无法导入此文件：${clause(fault)}` },
  QCC_IMPORT_NEWER: { message: ({ version, known }) => `此文件的格式版本为 ${version}，此 qcc 只支持到 ${known}` },
  QCC_IMPORT_MISSING: { message: ({ from, places }) => `这里没有 ${from} 的文件：${places}` },
  QCC_IMPORT_UNREADABLE: { message: ({ path, code }) => `无法读取 ${path}（${code}）` },
  QCC_IMPORT_RACED: { message: () => '读取文件期间配置已被更改' },
  QCC_IMPORT_PARTIAL: {
    message: ({ parts }) => `无法全部导入，因此未做更改：${leftOut(parts)}`,
    hint: ({ command }) => `${command} --partial 可导入其余部分`,
  },
  QCC_IMPORT_DATABASE: {
    message: ({ node }) => `Node ${node} 无法读取 cc-switch 的数据库`,
    hint: () => '请用 Node 22.13 或更高版本运行，或从 cc-switch 导出：qcc config import --from cc-switch FILE',
  },
  QCC_PASSPHRASE_MISSING: {
    message: () => '导出和导入密钥需要口令，但没有给出',
    hint: () => '设置 QCC_PASSPHRASE，或在终端中运行',
  },
  QCC_PASSPHRASE_WRONG: { message: () => '无法解开此文件中的密钥：口令不对，或文件被改动过' },
  QCC_GATEWAY_DOWN: { message: () => '网关未运行' },
  QCC_GATEWAY_LOST: { message: () => '网关在应答前已结束' },
  QCC_GATEWAY_RUNNING: {
    message: ({ url, pid }) => `此数据目录的网关已在运行${url === '' ? '，服务会成为第二个' : `：${url}，pid ${pid}`}`,
  },
  QCC_GATEWAY_STOPPING: { message: ({ pid }) => `pid ${pid} 的网关仍在停止` },
  QCC_GATEWAY_STOPPED: { message: () => '启动过程中被停止' },
  QCC_GATEWAY_ENDING: { message: () => '网关未能启动，或正在结束' },
  QCC_GATEWAY_MUTE: { message: ({ limitMs }) => `网关在运行，但 ${limitMs} 毫秒内没有应答` },
  QCC_GATEWAY_UNSTOPPABLE: { message: ({ pid }) => `进程 ${pid} 无法结束，SIGKILL 也无效：系统正在等待磁盘或设备` },
  QCC_DASHBOARD_ELSEWHERE: { message: ({ port, is }) => `页面已在端口 ${is} 打开，而不是 ${port}` },
  QCC_DASHBOARD_PORT: { message: ({ port, why }) => `页面无法监听端口 ${port}（${why}）` },
  QCC_SOCKET_BLOCKED: {
    message: ({ path, why }) => `无法创建控制套接字 ${path}（${why}）：该位置不是套接字，或不可替换`,
  },
  QCC_BLOB_LOST: { message: ({ why }) => `此请求所保存的内容无法读取（${lost[String(why)] ?? ''}）` },
  QCC_LOG_LOCKED: { message: () => '另一个 qcc 命令正在使用日志', hint: () => '请稍后再试' },
  QCC_ROLLBACK_EMPTY: {
    message: ({ moment }) => `${moment} 时还没有任何配置：回到那时，现有配置会全部删除`,
    hint: () => "若确要如此：qcc config rollback '#0'；qcc config audit 可列出过去的更改",
  },
  QCC_LOG_GONE: {
    message: ({ dir }) => `${dir} 中的日志不见了，而此数据目录并非新建：未做任何更改`,
    hint: () =>
      '请放回原处，或重新开始：qcc history repair（从备份恢复：QCC_HOME=/another/folder qcc config restore FILE）',
  },
  QCC_LOG_FORBIDDEN: { message: ({ dir }) => `无法打开 ${dir} 中的日志：没有读写权限` },
  QCC_LOG_DAMAGED: { message: () => '日志已损坏，无法打开；未做任何更改' },
  QCC_TABLE_DAMAGED: {
    message: ({ table }) => `无法读取历史：日志文件 ${table} 已损坏`,
    hint: () => 'qcc proxy stop，然后 qcc history repair',
  },
  QCC_SERVICE_CONTROL: {
    message: ({ name }) => `${name} 中含有换行或其他控制字符，服务文件无法容纳`,
    hint: () => '请去掉该字符后重新运行：qcc proxy install-service',
  },
  QCC_SERVICE_MISSING: { message: ({ file }) => `没有安装服务：${file} 不存在` },
  QCC_REPAIR_RUNNING: { message: () => '网关运行时不能修复日志' },
  QCC_LOG_CLOSED: { message: () => '日志已关闭' },
  QCC_LOG_GIVEN_UP: {
    message: () => '无法写入的事实已被放弃',
    hint: () => '请释放磁盘空间，然后运行：qcc proxy status',
  },
  QCC_CONTROL_TOO_LARGE: { message: () => '请求的内容过大', hint: () => '请缩小范围' },
  QCC_INPUT_INVALID: {
    message: ({ operation, field, wanted, command }) =>
      command === undefined
        ? `${operation}：“${field === 'its input' ? '输入' : field}”不符合要求（${wantedInChinese(String(wanted))}）`
        : `${field} 不符合要求（${wantedInChinese(String(wanted))}）`,
  },
  QCC_INPUT_KEY: {
    message: ({ field }) => `“${field}”看起来像 API 密钥，会以明文保存：未做任何更改`,
    hint: () => '请用 --api-key-stdin 或 --api-key-env NAME 提供密钥',
  },
  QCC_OPERATION_UNKNOWN: { message: ({ name }) => `运行中的网关不认识“${name}”：它是另一个版本` },
  QCC_ENDPOINT_INCOMPLETE: {
    message: ({ lacks }) => (lacks === 'key' ? '端点需要 API 密钥' : '端点需要基础 URL'),
  },
  QCC_TLS_NONE: { message: () => 'qcc 尚未在此生成证书' },
  QCC_PROFILE_EMPTY: { message: ({ name }) => `配置“${name}”没有可复制的端点` },
  QCC_KEY_LOST: { message: ({ id }) => `端点 ${id} 的密钥无法读取` },
  QCC_VAULT_DAMAGED: {
    message: ({ path }) => `${path} 已损坏，或由另一个主密钥加密`,
    hint: () => '请放回原处，或重新开始：qcc config doctor --fix；它会列出需要重新提供密钥的端点',
  },
  QCC_FLEET_ENV: { message: ({ name }) => `${name} 已设置：网关会重新加入集群；先清除该变量` },
  QCC_NOTIFY_UNSET: { message: () => 'notify.webhook 为空，notify.desktop 已关闭：通知无处可发' },
  QCC_PROXY_OPEN: {
    message: ({ host }) => `其他机器可以访问 ${host}，而 proxy.require_token 已关闭：任何人都能使用您的密钥`,
  },
  QCC_FILES_FEW: {
    message: ({ dir }) => (dir === '' ? '系统允许本程序打开的文件数过少' : `无法打开 ${dir} 中的日志：打开的文件过多`),
  },
  QCC_PORT_TAKEN: {
    message: ({ host, port, holder }) => `${host} 的端口 ${port} 已被${holders[String(holder)] ?? ` ${holder} `}占用`,
    hint: ({ port }) => `qcc proxy start --port ${Number(port) + 1}，或停止占用者`,
  },
  QCC_TLS_UNUSABLE: { message: (fault) => `证书无法使用：${clause(fault)}` },
};

const holders: Readonly<Record<string, string>> = {
  'another qcc gateway': '另一个 qcc 网关',
  'another program': '其他程序',
};

const lost: Readonly<Record<string, string>> = {
  gone: '已不存在',
  cut: '不完整',
  damaged: '已损坏',
  aborted: '已中止',
};
