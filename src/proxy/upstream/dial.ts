/** A way to an endpoint: TCP, TLS when it asks for it, through the environment's proxy where that is set. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { tunnelRefused } from '../../../machines/network.ts';
import { credentialsOf, outboundProxy, proxyUrl } from '../../config/network/outbound-proxy.ts';
import { Deadline } from './deadline.ts';
import { KnownLines } from './known-lines.ts';

/** Hears of the bytes that come, which are lent for the call. False: no more, until the socket is resumed. */
export type Read = (bytes: Buffer) => boolean;

export interface DialTarget {
  /** Host and port as a request names them. */
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Null: the environment names one that cannot be used, so no endpoint is reached. */
  readonly proxy: URL | null | undefined;
  /** Of the last connection: a handshake that resumes it is shorter. */
  session: Buffer | undefined;
  /** Of the heads that came from there. */
  readonly lines: KnownLines;
}

export function dialTargetOf(origin: string, env: Readonly<Record<string, string | undefined>>): DialTarget {
  return dialTargetBehind(origin, outboundProxy(origin, env));
}

/** @param proxy an HTTP proxy to go through, as a URL; null for none */
export function dialTargetBehind(origin: string, proxy: string | null): DialTarget {
  const url = new URL(origin);
  const isTls = url.protocol === 'https:';
  return {
    authority: url.host,
    host: bare(url.hostname),
    port: Number(url.port || (isTls ? httpsPort : httpPort)),
    isTls,
    proxy: proxy === null ? undefined : proxyUrl(proxy),
    session: undefined,
    lines: new KnownLines(),
  };
}

type Done = (error: Error | null, socket: Socket | undefined) => void;

const httpPort = 80;
const httpsPort = 443;
const tcpKeepAliveMs = 60_000;
const connectAnswerMax = 16_384;
// One for all: each read is over before the next one begins.
const shared = Buffer.allocUnsafeSlow(65_536);

/** Calls back once, with a socket that is ready to be written to, or with why there is none. Returns the way to give up. */
export function dial(target: DialTarget, connectMs: number, read: Read, done: Done): () => void {
  let current: Socket | undefined;
  let isOver = false;
  const over = (error: Error | null, socket?: Socket) => {
    if (isOver) return;
    isOver = true;
    deadline.clear();
    socket?.off('error', over);
    if (error) current?.destroy();
    done(error, socket);
  };
  // Of a proxy that was never reached, nor of its handshake: beyond it no endpoint was asked yet.
  let isBeforeProxy = target.proxy !== undefined;
  const deadline = new Deadline(() =>
    over(Object.assign(new Error('no connection in time'), { code: isBeforeProxy ? 'EPROXY' : 'ETIMEDOUT' })),
  );
  deadline.arm(connectMs);
  const watch = (socket: Socket, isTls: boolean, ready: () => void): Socket => {
    current = socket;
    socket.on('error', over);
    socket.once(isTls ? 'secureConnect' : 'connect', ready);
    return socket;
  };
  const { host, port, isTls, proxy } = target;
  const giveUp = () => over(new Error('given up'));
  if (proxy === null) {
    // Not at once: who dials does not know yet how to give up.
    process.nextTick(over, Object.assign(new Error('the proxy is no URL of one'), { code: 'EPROXY' }));
    return giveUp;
  }
  const onread = { buffer: shared, callback: (bytes: number) => read(shared.subarray(0, bytes)) };
  if (proxy) {
    const socket = toProxy(proxy);
    const forgive = blamed(socket);
    const raw = watch(socket, proxy.protocol === 'https:', () => {
      isBeforeProxy = false;
      through(raw, target, (error) => {
        forgive();
        if (error) return over(error);
        const socket = isTls ? watch(secured(target, { socket: raw }), true, () => over(null, socket)) : raw;
        socket.on('data', (bytes: Buffer) => void (read(bytes) || socket.pause()));
        if (!isTls) over(null, raw);
      });
    });
  } else {
    const to = { host, port, ...manners, onread };
    const socket = watch(isTls ? secured(target, to) : connect(to), isTls, () => over(null, socket));
  }
  return giveUp;
}

// Whatever NODE_TLS_REJECT_UNAUTHORIZED says: a key goes to no server without a valid certificate.
const verified = { rejectUnauthorized: true };
const manners = { noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs, autoSelectFamily: true };

function secured(target: DialTarget, how: object): TLSSocket {
  const socket = connectTls({
    ...how,
    ...(isIP(target.host) === 0 && { servername: target.host }),
    ...(target.session && { session: target.session }),
    ...verified,
    ALPNProtocols: ['http/1.1'],
  });
  socket.on('session', (session) => {
    target.session = session;
  });
  return socket;
}

function toProxy({ protocol, hostname, port }: URL): Socket {
  const host = bare(hostname);
  if (protocol !== 'https:') return connect({ host, port: Number(port || httpPort), ...manners });
  return connectTls({
    host,
    port: Number(port || httpsPort),
    ...manners,
    ...(isIP(host) === 0 && { servername: host }),
    ...verified,
  });
}

/** Until there is a tunnel, what goes wrong is no endpoint's fault, and looks like none. Returns the way to end that. */
function blamed(socket: Socket): () => void {
  const blame = (error: Error) => void Object.assign(error, { code: 'EPROXY' });
  socket.prependListener('error', blame);
  return () => void socket.off('error', blame);
}

/** Asks a proxy for a tunnel (RFC 9110 §9.3.6). */
function through(socket: Socket, { host, port, proxy }: DialTarget, done: (error: Error | null) => void): void {
  const name = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const credentials = Buffer.from(credentialsOf(proxy as URL)).toString('base64');
  const auth = proxy?.username ? `proxy-authorization: Basic ${credentials}\r\n` : '';
  let text = '';
  const hear = (bytes: Buffer) => {
    text += bytes.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0 && text.length < connectAnswerMax) return;
    socket.off('data', hear);
    socket.off('end', gone);
    const status = Number(/^HTTP\/1\.[01] (\d\d\d) /.exec(text)?.[1] ?? 0);
    const isOpen = status >= 200 && status < 300 && end === text.length - '\r\n\r\n'.length;
    done(isOpen ? null : Object.assign(new Error('the proxy refused'), { code: tunnelRefused(status) }));
  };
  const gone = () => done(Object.assign(new Error('the proxy closed'), { code: 'EPROXY' }));
  socket.on('data', hear);
  socket.once('end', gone);
  socket.write(`CONNECT ${name} HTTP/1.1\r\nhost: ${name}\r\n${auth}\r\n`, 'latin1');
}

function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

export function codeOf(fault: Error): string {
  const { code, cause } = fault as Error & { code?: string; cause?: { code?: string } };
  return code ?? cause?.code ?? fault.name;
}
