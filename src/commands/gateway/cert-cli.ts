/** `qcc proxy cert`: a certificate for this gateway, and what its clients need. */
import { isIP } from 'node:net';
import type { CertRow } from '../../contract/gateway.ts';
import { certWordsOf } from '../../messages/cert.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { timeText } from '../../platform/time.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, countFlag, isOn, listFlag, withInstallation } from '../context.ts';

export async function cert(context: Context): Promise<undefined> {
  const names = listFlag(context, 'name');
  const days = countFlag(context, 'days');
  const isShown = isOn(context, 'print');
  const row = await withInstallation(context, ({ call }) =>
    isShown
      ? call('proxy.showCert', {})
      : call('proxy.cert', {
          ...(names.length === 0 ? {} : { names }),
          ...(days === undefined ? {} : { days }),
          ...(isOn(context, 'new-ca') ? { newCa: true } : {}),
        }),
  );
  if (context.json) return void context.out.json(row);
  if (!isShown && isTold(context)) doneLine(context, certWordsOf(context.language).made(timeText(row.expiresAt)));
  tell(context, row);
  return undefined;
}

/** The address for other machines: by a name when there is one. */
function addressOf(names: readonly string[]): string {
  const far = names.filter((name) => !['localhost', '127.0.0.1', '::1'].includes(name));
  const found = far.find((name) => isIP(name) === 0) ?? far[0] ?? 'localhost';
  return found.includes(':') ? `[${found}]` : found;
}

function tell({ out, words, language }: Context, row: CertRow): void {
  const said = certWordsOf(language);
  const facts = [
    [said.names, row.names.join(words.comma)],
    [said.until, timeText(row.expiresAt)],
    [said.fingerprint, row.fingerprint],
    [said.ca, row.ca],
    [said.caUntil, timeText(row.caExpiresAt)],
    [said.caFingerprint, row.caFingerprint],
  ] as const;
  for (const [name, value] of facts) out.prose(2, words.labelled(name, value));
  if (!row.used) out.note(said.notUsed);
  if (row.newCa === true) out.note(said.newCa);
  const start = `  qcc proxy ${row.running ? 'restart' : 'start'} --host 0.0.0.0`;
  out.note(said.here, '  qcc config set proxy.require_token true', '  qcc token add laptop', start);
  const to = `--gateway https://${addressOf(row.names)}:${row.port} --ca ca.pem`;
  out.note(said.there(shellWord(row.ca)), `  qcc use ${to}`, `  qcc code ${to}`);
  out.note(said.others, '  export NODE_EXTRA_CA_CERTS=…/ca.pem');
}
