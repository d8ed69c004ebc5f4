/** What a field of an input must be, in Chinese. The error holds it in English, as the contract says it and as scripts read it. */

const sentences: Readonly<Record<string, string>> = {
  'a text': '应为文本',
  'a list': '应为列表',
  'a number': '应为数字',
  'a whole number': '应为整数',
  'a moment': '应为某个时刻',
  'a time zone: Europe/Berlin': '应为时区，例如 Europe/Berlin',
  'a port': '应为端口号',
  'at most 64 names': '最多 64 个名称',
  'a host name or an IP address': '应为主机名或 IP 地址',
  'a document': '应为配置文档',
  'a text, a number, or true or false': '应为文本、数字、true 或 false',
  'true or false': '应为 true 或 false',
  'not empty': '不能为空',
  'no API key': '不能是 API 密钥',
  'one line without control characters': '应为一行，且不含控制字符',
  'no word that every object knows': '不能是对象自带的名称',
  'an object': '应为对象',
  'an object in JSON': '应为 JSON 对象',
  'another name': '名称不可用',
  given: '必须提供',
  'left out: it is not known': '没有这个字段',
};

const forms: readonly (readonly [RegExp, (...parts: readonly string[]) => string])[] = [
  [/^at most (\d+) characters$/, (most) => `最多 ${most} 个字符`],
  [/^at most (\d+)$/, (most) => `最多 ${most}`],
  [/^from (\S+) to (\S+)$/, (min, max) => `应在 ${min} 到 ${max} 之间`],
  [/^one of (.+)$/, (list) => `可选：${String(list).split(', ').join('、')}`],
];

/** A requirement that is not known here, of another version, stays as it came. */
export function wantedInChinese(wanted: string): string {
  for (const [form, told] of forms) {
    const found = form.exec(wanted);
    if (found) return told(...found.slice(1));
  }
  return sentences[wanted] ?? wanted;
}
