/** The HTTP proxy between this machine and an endpoint, as the environment names it. */
import { BlockList, isIP } from 'node:net';
import { isLoopback } from './base-url.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `HTTPS_PROXY` and `HTTP_PROXY`, never for this machine itself, and not for what `NO_PROXY` names. What is no URL stays as it is.
 *
 * Read here and not by proxy-from-env, which would take `ALL_PROXY`, whose SOCKS is not spoken here; gives `proxy:3128` the scheme of
 * the endpoint; takes `example.com` without what is below it, other than curl, Go and Python do; and knows no CIDR.
 */
export function outboundProxy(baseUrl: string, env: Env): string | null {
  const target = new URL(baseUrl);
  if (isLoopback(target.hostname)) return null;
  const proxy = env[nameIn(env, target.protocol === 'https:' ? 'https_proxy' : 'http_proxy')];
  if (!proxy || isExempt(target, env['no_proxy'] || env['NO_PROXY'] || '')) return null;
  const url = proxyUrl(proxy);
  return url === null ? proxy : url.href.replace(/\/$/, '');
}

/** Whether a list names it: as `*`, `example.com` with all below it, `.example.com`, `host:port`, `10.0.0.0/8`, an address. */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  const host = bare(hostname);
  const defaultPort = protocol === 'https:' ? '443' : '80';
  return list
    .toLowerCase()
    .split(/[,\s]+/)
    .some((part) => {
      if (part === '*') return true;
      if (part.includes('/')) return isInSubnet(host, part);
      const [, name = '', only] = isIP(part) === 6 ? [part, part] : (/^(.*?)(?::(\d+))?$/.exec(part) ?? []);
      if (only !== undefined && only !== (port || defaultPort)) return false;
      const whole = bare(name.replace(/^\*?\./, ''));
      return whole !== '' && (host === whole || host.endsWith(`.${whole}`));
    });
}

function isInSubnet(host: string, subnet: string): boolean {
  const [network = '', bits = ''] = subnet.split('/');
  const family = isIP(network);
  const longest = family === 6 ? 128 : 32;
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > longest) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** An address of IPv6 without what a URL puts around it. */
const bare = (host: string) => host.replace(/^\[|\]$/g, '');

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
