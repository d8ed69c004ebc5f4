/** The HTTP proxy between this machine and an endpoint, as the environment defines it. */
import { BlockList, isIP } from 'node:net';
import { isLoopback } from './base-url.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `HTTPS_PROXY` and `HTTP_PROXY`, never for this machine itself, and not for hosts in `NO_PROXY`. Text that is not a URL is returned as it
 * is.
 *
 * This is not left to proxy-from-env, which would take `ALL_PROXY`, whose SOCKS is not supported here; gives `proxy:3128` the scheme of the
 * endpoint; takes `example.com` without its subdomains, unlike curl, Go and Python; and does not know CIDR.
 */
export function outboundProxy(baseUrl: string, env: Env): string | null {
  const target = new URL(baseUrl);
  if (isLoopback(target.hostname)) return null;
  const proxy = env[nameIn(env, target.protocol === 'https:' ? 'https_proxy' : 'http_proxy')];
  if (!proxy || isExempt(target, env['no_proxy'] || env['NO_PROXY'] || '')) return null;
  const url = proxyUrl(proxy);
  return url === null ? proxy : url.href.replace(/\/$/, '');
}

/** Whether a list names the host: as `*`, `example.com` with all subdomains, `.example.com`, `host:port`, `10.0.0.0/8`, or an address. */
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

/** An IPv6 address without the brackets of a URL. */
const bare = (host: string) => host.replace(/^\[|\]$/g, '');

/** Lower case first, as is usual. */
function nameIn(env: Env, name: string): string {
  return env[name] ? name : name.toUpperCase();
}

/** Null for text that names no HTTP proxy. User and password of the result can always be decoded. */
export function proxyUrl(text: string): URL | null {
  const whole = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(whole)) return null;
  const url = new URL(whole);
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return null;
  url.username = decodable(url.username);
  url.password = decodable(url.password);
  return url;
}

/** A percent sign that escapes nothing is literal: a password may hold one, and decoding it would throw. */
function decodable(part: string): string {
  const repaired = part.replaceAll(/%(?![0-9a-f]{2})/gi, '%25');
  try {
    decodeURIComponent(repaired);
    return repaired;
  } catch {
    return part.replaceAll('%', '%25');
  }
}

/** As it was written: a percent sign that escapes nothing is literal. */
export function credentialsOf({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

/** Variables of the environment that are set but name no usable proxy. */
export function brokenProxies(env: Env): readonly string[] {
  const names = ['https_proxy', 'http_proxy'].map((name) => nameIn(env, name));
  return names.filter((name) => env[name] && proxyUrl(env[name]) === null);
}
