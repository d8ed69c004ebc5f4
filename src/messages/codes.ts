/**
 * What machines, facts and the gateway say by a code or by a sentence of their own, for people who read Chinese. In English a code
 * is its word already; in JSON and in facts it stays what it is, in every language, and so do words that a flag takes.
 */
import type { ProbeDepth, Verdict } from '../../events/endpoint.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { SwitchRow } from '../contract/priority.ts';
import type { Language } from './messages.ts';

type GatewayState = 'stopped' | 'online' | 'offline';

const states: Readonly<Record<EndpointState | GatewayState, string>> = {
  healthy: '健康',
  degraded: '降级',
  failed: '失败',
  recovering: '恢复中',
  disabled: '已停用',
  stopped: '已停止',
  online: '在线',
  offline: '离线',
};
const verdicts: Readonly<Record<Verdict, string>> = {
  success: '成功',
  failure: '失败',
  timeout: '超时',
  rate_limited: '被限流',
  invalid_key: '密钥无效',
  model_error: '模型错误',
};
const depths: Readonly<Record<ProbeDepth, string>> = { connection: '连接', api: '接口', conversation: '对话' };
const switches: Readonly<Record<SwitchRow['kind'], string>> = {
  failover: '故障切换',
  recovery: '恢复切回',
  manual: '手动切换',
};

const codes = { states, verdicts, depths, switches } satisfies Record<string, Readonly<Record<string, string>>>;

/** A code that a newer gateway brought stays what it is. */
export function codeText(kind: keyof typeof codes, code: string, language: Language): string {
  const known: Readonly<Record<string, string>> = codes[kind];
  return language === 'zh-CN' && Object.hasOwn(known, code) ? (known[code] ?? code) : code;
}

/** Why the gateway cannot serve, as `/readyz` says it. */
const unready: readonly (readonly [RegExp, string])[] = [
  [/^this machine has no network$/, '本机没有网络'],
  [/^the log is suspended$/, '日志已暂停写入'],
  [/^the log is reopening$/, '日志正在重新打开'],
  [/^the log is closed$/, '日志已关闭'],
  [/^there is no profile yet - run: /, '还没有配置 - 请运行：'],
  [/^no profile on the ladder has an endpoint - run: /, '各层级的配置都没有端点 - 请运行：'],
  [/^no endpoint is usable - run: /, '没有可用端点 - 请运行：'],
];

export function unreadyText(sentence: string, language: Language): string {
  return language === 'zh-CN' ? translated(sentence, unready) : sentence;
}

/** What a call came to, as qcc says it of traffic and of probes. Behind it may stand a system's code, or what the endpoint said. */
const details: readonly (readonly [RegExp, string])[] = [
  [/\bno endpoint is usable$/, '没有可用端点'],
  [/\bthe log takes nothing$/, '日志无法写入'],
  [/\bno connection in time\b/, '连接超时'],
  [/\bno answer in time\b/, '应答超时'],
  [/\bno headers in time$/, '响应头超时'],
  [/\bno content in time$/, '内容超时'],
  [/\bno connection(?= \()/, '连接不上'],
  [/\bno answer(?= \()/, '没有应答'],
  [/\bno whole answer(?= \()/, '应答不完整'],
  [/\bthe connection broke(?= \()/, '连接中断'],
  [/\bthe answer was cut off\b/, '应答中断'],
  [/\bthe answer cannot be decoded$/, '应答无法解压'],
  [/\ba stream where JSON was asked for$/, '请求的是 JSON，返回的却是事件流'],
  [/\bthe answer is larger than 64 MiB$/, '应答超过 64 MiB'],
  [/\bthe error is larger than 1 MiB$/, '错误应答超过 1 MiB'],
  [/\bthe answer made no sense$/, '应答无意义'],
  [/\ban empty answer$/, '应答为空'],
  [/\bnot JSON(?= \(|$)/, '不是 JSON'],
  [/\bno JSON, where JSON had begun$/, '应答不是完整的 JSON'],
  [/\bJSON where a stream was asked for$/, '要求流式，应答却是 JSON'],
  [/\bthe stream was empty$/, '流为空'],
  [/\bthe stream ended before content$/, '流在内容之前结束'],
  [/\bthe stream ended before message_stop$/, '流在 message_stop 之前结束'],
  [/\bno content in 256 KiB of stream$/, '流中 256 KiB 之内没有内容'],
  [/\bno event but pings for too long$/, '长时间只有 ping'],
  [/\bnothing came after this machine had slept$/, '本机休眠之后没有收到任何数据'],
  [/\berror event after content$/, '内容之后出现错误事件'],
  [/\berror event before content(?=: )/, '内容之前出现错误事件'],
  [/\ban error with status (\d+)$/, '状态 $1 的应答里是错误'],
  [/^200 with an error inside/, '状态 200 的应答里是错误'],
  [/^(\d+), credit exhausted/, '$1，余额用尽'],
  [/^there is no key for it$/, '没有它的密钥'],
  [/^no header can hold its key$/, '密钥含有请求头不允许的字符'],
  [/\bthe (?:HTTP )?proxy( \S+)? is down or refuses\b/, '代理$1 不可用或拒绝连接'],
  [/^neither \/v1\/models nor count_tokens is there to be asked$/, '既没有 /v1/models，也没有 count_tokens 可问'],
];

/** Of what the endpoint said behind it nothing is changed. */
export function detailText(detail: string, language: Language): string {
  return language === 'zh-CN' ? translated(detail, details) : detail;
}

function translated(text: string, forms: readonly (readonly [RegExp, string])[]): string {
  const known = forms.find(([form]) => form.test(text));
  return known ? text.replace(known[0], known[1]) : text;
}
