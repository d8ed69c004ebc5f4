/** The allowed values of a setting, and how they are described. */

type Language = 'en' | 'zh-CN';
type Both = Readonly<Record<Language, string>>;

/** The allowed values, as data: described at length in an error, and briefly in a table. */
export type Domain =
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly unit: Unit;
      readonly whole: boolean;
    }
  | { readonly kind: 'flag' }
  | { readonly kind: 'oneOf' | 'someOf'; readonly options: readonly string[] }
  | { readonly kind: 'text'; readonly of: TextKind };

export type Unit = 'none' | 'seconds' | 'days' | 'MB' | 'requests a second';
export type TextKind =
  | 'headers'
  | 'address'
  | 'path'
  | 'hosts'
  | 'origins'
  | 'model'
  | 'url'
  | 'secret'
  | 'token'
  | FleetText;
type FleetText = 'server' | 'member' | 'user' | 'password' | 'seed' | 'shared';

/** The text after "must be". */
export function longRange(domain: Domain): string {
  switch (domain.kind) {
    case 'number': {
      const kind = domain.whole ? 'a whole number' : 'a number';
      return `${kind}${domain.unit === 'none' ? '' : ` of ${domain.unit}`} from ${domain.min} to ${domain.max}`;
    }
    case 'flag':
      return 'true or false';
    case 'oneOf':
      return `one of ${domain.options.join(', ')}`;
    case 'someOf':
      return `names separated by commas, of ${domain.options.join(', ')}; or empty`;
    case 'text':
      return longTexts[domain.of];
  }
}

const longTexts: Readonly<Record<TextKind, string>> = {
  address: 'an address of this machine',
  path: 'the path of a PEM file, or empty',
  headers: 'names of headers separated by commas, or empty',
  hosts: 'names separated by commas, or empty',
  origins: 'origins separated by commas, or empty',
  model: 'a model id, or empty: the cheapest that works',
  url: 'an http or https URL, or empty',
  secret: 'the signing secret or access token of the webhook, or empty',
  server: 'nats://HOST:PORT or tls://HOST:PORT, or empty',
  member: 'a name of small letters, digits, - and _, or empty: the name of this machine',
  user: 'the name of an account, or empty',
  password: 'a password, or empty',
  seed: 'the seed of a user nkey (SU…), or empty',
  shared: 'a text of 16 characters or more that all gateways of the fleet share, or empty',
  token: 'the token of a gateway, or empty',
};

const units: Readonly<Record<Unit, (range: string) => Both>> = {
  none: (range) => ({ en: range, 'zh-CN': range }),
  seconds: (range) => ({ en: `${range} s`, 'zh-CN': `${range} 秒` }),
  days: (range) => ({ en: `${range} days`, 'zh-CN': `${range} 天` }),
  MB: (range) => ({ en: `${range} MB`, 'zh-CN': `${range} MB` }),
  'requests a second': (range) => ({ en: `${range} a second`, 'zh-CN': `每秒 ${range}` }),
};

const texts: Readonly<Record<TextKind, Both>> = {
  address: { en: 'an address of this machine', 'zh-CN': '本机地址' },
  path: { en: 'path of a PEM file', 'zh-CN': 'PEM 文件路径' },
  headers: { en: 'names of headers', 'zh-CN': '请求头名' },
  hosts: { en: 'names', 'zh-CN': '主机名' },
  origins: { en: 'origins', 'zh-CN': '来源' },
  model: { en: 'a model id', 'zh-CN': '模型编号' },
  url: { en: 'an http or https URL', 'zh-CN': 'http 或 https 的 URL' },
  secret: { en: 'a text', 'zh-CN': '文本' },
  token: { en: 'a token', 'zh-CN': '访问令牌' },
  server: { en: '`nats://` or `tls://`', 'zh-CN': '`nats://` 或 `tls://`' },
  member: { en: 'a name', 'zh-CN': '名称' },
  user: { en: 'a name', 'zh-CN': '名称' },
  password: { en: 'a text', 'zh-CN': '文本' },
  seed: { en: 'SU…', 'zh-CN': 'SU…' },
  shared: { en: '16 characters or more', 'zh-CN': '至少 16 个字符' },
};

/** Short: `0.05–120 s`. */
export function shortRange(domain: Domain, language: Language): string {
  const between = language === 'en' ? ', ' : '、';
  switch (domain.kind) {
    case 'number':
      return units[domain.unit](`${domain.min}–${domain.max}`)[language];
    case 'flag':
      return ['true', 'false'].join(between);
    case 'oneOf':
    case 'someOf':
      return domain.options.join(between);
    case 'text':
      return texts[domain.of][language];
  }
}
