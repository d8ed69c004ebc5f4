/**
 * Text that an attacker of the reader's terminal would choose, and a home that contains it in every field that untrusted parties can write.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Recorded } from '../../events/fact.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

/**
 * The clipboard (OSC 52), the title, a hyperlink, colours, the cursor, a query that answers itself; the same with C1; direction marks,
 * marks of no width, tags, lone surrogates, separators; and a forged row.
 */
export const evil = [
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u001b]0;evil\u001b\\',
  '\u001b[31mred\u001b[0m',
  '\u001b[2J\u001b[1;1H\u001b[6n',
  '\u009b2J\u009d52;c;ZQ==\u009c\u0090q\u009c',
  '\u0000\u0008\u007f\u000b\u000c',
  '\u202eevil\u202c\u2066x\u2069\u200f\u061c',
  'a\u200bb\u200db\ufeff\u00ad\u2060',
  '\u{e0041}\ud800\ufdd0[31m',
  '\tx\u2028FORGED\u2029FORGED\r\nFORGED row\nFORGED row',
].join('');

const histories = ['0.1.0-demo', '0.1.0-queue', '0.1.0-storm'] as const;

/**
 * Texts that a client, an endpoint, a file or a person chooses freely. Names of profiles among them: an older version, or another program,
 * may have accepted them.
 */
const free = new Set(
  'model session path name description baseUrl detail method url version reason source maskedKey because text error lastError by value'.split(
    ' ',
  ),
);
const profiles = new Set(['profile', 'from', 'to', 'wanted', 'within', 'active', 'preferred', 'target']);
// Words of the program's own: of another word it does not know what to do.
const codes = /^[a-zA-Z]+$/;

function poisoned(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => poisoned(key, one));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poisoned(name, one)]));
  if (typeof value !== 'string') return value;
  if (profiles.has(key)) return value + evil;
  return free.has(key) && (key !== 'because' || !codes.test(value)) ? value + evil : value;
}

function hostileFacts(name: string): readonly Recorded[] {
  const text = readFileSync(join(import.meta.dirname, `../histories/${name}.ndjson`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
    .map((fact) => ({
      ...fact,
      stream: fact.stream.startsWith('profile/') ? fact.stream + evil : fact.stream,
      data: poisoned('', fact.data) as object,
    }));
}

/** A home with that past. Its facts come back as they were recorded. */
export async function hostileHome(name: (typeof histories)[number]) {
  const home = temporaryHome();
  // A home with its keys: without them a log is a damaged home, and nothing of it is told.
  await at(home)('init');
  mkdirSync(join(home, 'log'), { recursive: true, mode: 0o700 });
  const facts = hostileFacts(name);
  const log = await LevelLog.open(join(home, 'log'));
  await log.append([...facts], { sync: true });
  await log.close();
  return { home, facts };
}

/** Everything that is not a character with a shape, but the newline that ends a line. */
const obeyed = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufdd0]/u;
const ours = new RegExp(`${String.fromCharCode(27)}\\[(?:0|1|2|22|3[0-7]|39)m`, 'g');

/** The forbidden text that a terminal would get. Undefined: none. @param coloured whether our own styles may occur */
export function obeyedIn(text: string, coloured = false): string | undefined {
  const left = coloured ? text.replaceAll(ours, '') : text;
  const found = obeyed.exec(left);
  if (found) return JSON.stringify(left.slice(Math.max(0, found.index - 60), found.index + 20));
  return left.split('\n').find((line) => line.startsWith('FORGED'));
}

/** Without halves of pairs, which are no text: bytes cannot hold them. */
export const whole = (text: string) => Buffer.from(text).toString('utf8');
