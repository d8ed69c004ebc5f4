/** The HTTP proxy between this machine and an endpoint, as the environment names it. */
import { isLoopback } from './base-url.ts';

/** `HTTPS_PROXY` and `HTTP_PROXY`, never for this machine itself, and not for what `NO_PROXY` names. */
export function outboundProxy(baseUrl: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const { protocol, hostname } = new URL(baseUrl);
  if (isLoopback(hostname)) return null;
  const name = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = env[name] || env[name.toUpperCase()];
  if (!proxy) return null;
  const exempt = (env['no_proxy'] || env['NO_PROXY'] || '').split(',').map((part) => part.trim().replace(/^\*?\./, ''));
  const isExempt = exempt.some(
    (part) => part === '*' || (part !== '' && (hostname === part || hostname.endsWith(`.${part}`))),
  );
  if (isExempt) return null;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}
