/** `qcc history export`: a slice of the history that can be shared, as a file that qcc reads (`--incident`) or as a page (`--html`). */

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { exitCodes, QccError, usage } from '../../errors/qcc-error.ts';
import { IncidentSeal } from '../../history/incident-seal.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { type OpenExport, openExport } from '../../platform/atomic-file.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { visibleJson } from '../../platform/visible.ts';
import { programAt } from '../../pool/program.ts';
import { tellChange } from '../changed.ts';
import { type Context, flag, isOn, withInstallation } from '../context.ts';
import { spanOf } from '../source.ts';

const saltBytes = 16;

/** What stands around the lines, and how each stands there. */
interface Form {
  readonly before: string;
  readonly after: string;
  readonly inForm: (line: string) => string;
}

const lines: Form = { before: '', after: '', inForm: (line) => line };

export async function exportIncident(context: Context): Promise<undefined> {
  const { words } = context;
  const [path, page] = [flag(context, 'incident'), flag(context, 'html')];
  if (path !== undefined && page !== undefined) throw usage(words.contradict('--incident', '--html'), words.sayOne);
  if (page !== undefined) return exportPage(context, page);
  if (path === undefined) throw usage(words.missing('--incident'), 'qcc history export --since -1h --incident FILE');
  const facts = await write(context, path, lines);
  return tellChange(context, {
    json: { file: path, facts },
    data: () => context.out.done(storyWordsOf(context.language).capsule.written(path, facts)),
    now: (said) => said.incidentWritten(path, facts),
    next: (said) => [said.ask, `qcc incidents --from-log ${shellWord(path)}`],
  });
}

async function exportPage(context: Context, path: string): Promise<undefined> {
  if (isTerminal(path)) throw usage(context.words.pageForTerminal, 'qcc history export --since -1h --html FILE');
  const facts = await write(context, path, pageForm());
  return tellChange(context, {
    json: { file: path, facts },
    data: () => context.out.done(storyWordsOf(context.language).capsule.pageWritten(path, facts)),
    now: (said) => said.incidentPageWritten(path, facts),
  });
}

/** Under any name: `/dev/stdout`, `/dev/tty`. A terminal would show half a megabyte of script. */
function isTerminal(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isCharacterDevice()) return false;
  const file = openSync(path, 'r');
  const found = isatty(file);
  closeSync(file);
  return found;
}

/** The built page ends where the facts begin. @throws {QccError} `QCC_FILE_UNREADABLE` */
function pageForm(): Form {
  const path = join(dirname(fileURLToPath(programAt('package'))), 'incident-page', 'incident.html');
  try {
    // A fact's text must not end the element that it stands in.
    return {
      before: readFileSync(path, 'utf8'),
      after: '</script>\n',
      inForm: (line) => line.replaceAll('<', '\\u003c'),
    };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new QccError('QCC_FILE_UNREADABLE', { path, code, hint: `ls -l ${shellWord(path)}` }, exitCodes.failed);
  }
}

/** @returns the number of facts */
async function write(context: Context, path: string, form: Form): Promise<number> {
  const file = openExport(path);
  try {
    file.write(form.before);
    const facts = await writeFacts(context, file, form);
    file.write(form.after);
    file.close();
    return facts;
  } catch (error) {
    file.abandon();
    throw error;
  }
}

async function writeFacts(context: Context, file: OpenExport, { inForm }: Form): Promise<number> {
  const look = await spanOf(context);
  const salt = randomBytes(saltBytes).toString('hex');
  const seal = new IncidentSeal();
  const put = (line: object) => {
    const text = inForm(visibleJson(line));
    seal.add(text);
    file.write(`${text}\n`);
  };
  await withInstallation(context, async ({ call }) => {
    const hashNames = isOn(context, 'hash-names');
    const { head, redaction } = await call('capsule.begin', { ...look, salt, hashNames });
    put(head);
    for (let from: number | null = head.from; from !== null && from <= head.to; ) {
      const page: { facts: readonly object[]; next: number | null } = await call('capsule.facts', {
        from,
        to: head.to,
        redaction,
      });
      for (const fact of page.facts) put(fact);
      from = page.next;
    }
  });
  const end = seal.end();
  file.write(`${visibleJson(end)}\n`);
  return end.facts;
}
