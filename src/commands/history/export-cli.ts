/** `qcc history export --incident FILE`: a slice of the history that can be shared. */

import { randomBytes } from 'node:crypto';
import { usage } from '../../errors/qcc-error.ts';
import { IncidentSeal } from '../../history/incident-seal.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { openExport } from '../../platform/atomic-file.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { visibleJson } from '../../platform/visible.ts';
import { tellChange } from '../changed.ts';
import { type Context, flag, isOn, withInstallation } from '../context.ts';
import { spanOf } from '../source.ts';

const saltBytes = 16;

export async function exportIncident(context: Context): Promise<undefined> {
  const { out, language, words } = context;
  const path = flag(context, 'incident');
  if (path === undefined) throw usage(words.missing('--incident'), 'qcc history export --since -1h --incident FILE');
  const look = await spanOf(context);
  const salt = randomBytes(saltBytes).toString('hex');
  const file = openExport(path);
  let facts = 0;
  try {
    const seal = new IncidentSeal();
    const write = (line: object) => {
      const text = visibleJson(line);
      seal.add(text);
      file.write(`${text}\n`);
    };
    await withInstallation(context, async ({ call }) => {
      const { head, redaction } = await call('capsule.begin', {
        ...look,
        salt,
        hashNames: isOn(context, 'hash-names'),
      });
      write(head);
      for (let from: number | null = head.from; from !== null && from <= head.to; ) {
        const page: { facts: readonly object[]; next: number | null } = await call('capsule.facts', {
          from,
          to: head.to,
          redaction,
        });
        for (const fact of page.facts) write(fact);
        facts += page.facts.length;
        from = page.next;
      }
    });
    file.write(`${visibleJson(seal.end())}\n`);
    file.close();
  } catch (error) {
    file.abandon();
    throw error;
  }
  return tellChange(context, {
    json: { file: path, facts },
    data: () => out.done(storyWordsOf(language).capsule.written(path, facts)),
    now: (said) => said.incidentWritten(path, facts),
    next: (said) => [said.ask, `qcc incidents --from-log ${shellWord(path)}`],
  });
}
