/** A gateway on another machine, as its client sees it: whether it answers, is who it says, and knows the token. */
import { request as plain } from 'node:http';
import { request as encrypted } from 'node:https';
import { rootCertificates } from 'node:tls';
import { secondMs } from '../../../events/units.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { jsonIn } from '../../platform/json.ts';
import { visible } from '../../platform/visible.ts';

export interface RemoteGateway {
  readonly url: string;
  readonly token: string;
  /** Certificates in PEM that it may be signed by, beside those that Node trusts; null for those alone. */
  readonly ca: string | null;
}

// It is in the same building, or behind one tunnel.
const answerMs = 5 * secondMs;
const bodyMax = 16_384;
const saidMax = 300;
// Of OpenSSL and of Node.
const untrusted = /CERT|ISSUER|SELF_SIGNED|SIGNATURE|ALTNAME/;
// Nothing is served there, and the guard has looked at the token by then: no endpoint is asked.
const nothing = '/v1/';
const lackingHeader = 'x-qcc-lacking';

interface Answer {
  readonly status: number;
  readonly isQcc: boolean;
  readonly said: string;
  /** The profile, or its endpoints. */
  readonly isLacking: boolean;
}

/**
 * Resolves when it answers, and lets this token in.
 * @param profile to which requests are to go; without one, wherever the gateway sends them
 * @throws {QccError} `QCC_REMOTE_PROFILE`, `QCC_REMOTE_UNREACHABLE`, `QCC_REMOTE_UNTRUSTED`, `QCC_REMOTE_REFUSED`, `QCC_REMOTE_STRANGE`
 */
export async function checkRemote(remote: RemoteGateway, profile?: string): Promise<void> {
  const { url } = remote;
  const path = profile === undefined ? nothing : `/p/${encodeURIComponent(profile)}${nothing}`;
  const { status, isQcc, isLacking, said } = await asked(remote, path).catch((error: NodeJS.ErrnoException) => {
    throw failed(url, error.code ?? error.message);
  });
  if (!isQcc) throw new QccError('QCC_REMOTE_STRANGE', { url, status });
  if (status === 404 && !isLacking) return;
  // That advice is for clients on the gateway's own machine.
  const reason = said.replace(/^qcc: /, '').replace(/ - run: .*$/, '') || String(status);
  if (isLacking) throw new QccError('QCC_REMOTE_PROFILE', { url, said: reason }, exitCodes.notFound);
  throw new QccError('QCC_REMOTE_REFUSED', { url, said: reason }, exitCodes.credential);
}

function failed(url: string, why: string): QccError {
  return untrusted.test(why)
    ? new QccError('QCC_REMOTE_UNTRUSTED', { url, why })
    : new QccError('QCC_REMOTE_UNREACHABLE', { url, why, other: otherScheme(url, why) }, exitCodes.notRunning);
}

/** Something is there and speaks in the other way; empty where nothing tells so. */
function otherScheme(url: string, why: string): string {
  if (url.startsWith('https:')) return why === 'EPROTO' ? url.replace('https:', 'http:') : '';
  return why === 'ECONNRESET' || why.startsWith('HPE_') ? url.replace('http:', 'https:') : '';
}

function asked({ url, token, ca }: RemoteGateway, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, headers: { 'x-api-key': token } } as const;
    const target = `${url}${path}`;
    const sent = target.startsWith('https:')
      ? encrypted(target, { ...options, ...(ca === null ? {} : { ca: [...rootCertificates, ca] }) })
      : plain(target, options);
    // In all: a time that is counted from the last byte would wait for ever where one comes now and then.
    const late = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => sent.destroy(late), answerMs);
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyMax) response.destroy(new Error('too much'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          isQcc: response.headers['x-qcc-request-id'] !== undefined,
          isLacking: response.headers[lackingHeader] !== undefined,
          said: messageIn(Buffer.concat(chunks).toString('utf8')),
        }),
      );
    });
    sent.end();
  });
}

/** What a stranger says is shown on a terminal. */
function messageIn(body: string): string {
  const { error } = (jsonIn(body) ?? {}) as { readonly error?: { readonly message?: unknown } };
  return typeof error?.message === 'string' ? visible(error.message).slice(0, saidMax) : '';
}
