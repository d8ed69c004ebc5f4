/** The address that a gateway listens on, in one spelling: what is local is told by it. The page reads settings, too: nothing of Node is loaded. */

const isIPv6 = (text: string) => text.includes(':') && URL.canParse(`http://[${text}]`);
const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

/** A name, or an IP address without its brackets; an IPv4 address that is written as an IPv6 one is the former. Undefined for anything else. */
export function listenAddress(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  // The zone of a link-local address: URLs have none.
  if (bare.includes('%')) return /^[^%]+%[\w.-]+$/.test(bare) && isIPv6(bare.replace(/%.*/, '')) ? bare : undefined;
  if (/[^\w.:-]/.test(bare) || (bare.includes(':') && !isIPv6(bare))) return undefined;
  const address = bare.includes(':') ? `http://[${bare}]` : `http://${bare}`;
  if (bare === '' || !URL.canParse(address)) return undefined;
  const host = new URL(address).hostname.replace(/^\[(.*)\]$/, '$1');
  const [, high, low] = mapped.exec(host) ?? [];
  return high === undefined || low === undefined ? host : dotted(Number.parseInt(high, 16), Number.parseInt(low, 16));
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
