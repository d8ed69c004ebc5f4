/** The HTTP proxy between this machine and an endpoint, as the environment names it. */
import { isLoopback } from './base-url.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** `HTTPS_PROXY` and `HTTP_PROXY`, never for this machine itself, and not for what `NO_PROXY` names. What is no URL stays as it is. */
export function outboundProxy(baseUrl: string, env: Env): string | null {
  const { protocol, hostname, port } = new URL(baseUrl);
  if (isLoopback(hostname)) return null;
  const name = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = env[nameIn(env, name)];
  if (!proxy) return null;
  const exempt = (env['no_proxy'] || env['NO_PROXY'] || '').split(',').map((part) => part.trim().replace(/^\*?\./, ''));
  const place = port === '' ? hostname : `${hostname}:${port}`;
  const names = (part: string, whole: string) => whole === part || whole.endsWith(`.${part}`);
  const isExempt = exempt.some(
    (part) => part === '*' || (part !== '' && (names(part, hostname) || names(part, place))),
  );
  if (isExempt) return null;
  const url = proxyUrl(proxy);
  return url === null ? proxy : url.href.replace(/\/$/, '');
}

/** In small letters first, as everybody reads them. */
function nameIn(env: Env, name: string): string {
  return env[name] ? name : name.toUpperCase();
}

/** Null for what names no HTTP proxy. The user and the password of what comes back can be decoded, whatever they hold. */
export function proxyUrl(text: string): URL | null {
  const whole = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(whole)) return null;
  const url = new URL(whole);
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return null;
  url.username = decodable(url.username);
  url.password = decodable(url.password);
  return url;
}

/** A percent sign that escapes nothing is one: a password may hold it, and whoever decodes it would throw. */
function decodable(part: string): string {
  const repaired = part.replaceAll(/%(?![0-9a-f]{2})/gi, '%25');
  try {
    decodeURIComponent(repaired);
    return repaired;
  } catch {
    return part.replaceAll('%', '%25');
  }
}

/** As it was written: a percent sign that escapes nothing is itself. */
export function credentialsOf({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

/** Names of the environment that are set and name no proxy that can be used. */
export function brokenProxies(env: Env): readonly string[] {
  const names = ['https_proxy', 'http_proxy'].map((name) => nameIn(env, name));
  return names.filter((name) => env[name] && proxyUrl(env[name]) === null);
}
