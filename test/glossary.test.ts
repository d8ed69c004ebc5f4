/** The words that docs/glossary.md does not use stand in no name, comment or file name of the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Unused {
  /** One word, or several in a row. */
  readonly words: readonly string[];
  /** Where it is another thing's name; empty for everywhere. */
  readonly within: readonly string[];
}

const glossary = readFileSync(join(root, 'docs/glossary.md'), 'utf8');
const sources = ['machines', 'workers', 'src'].flatMap(filesIn);

/** Facts' types and fields, and the fields and codes of answers, stand in people's logs and scripts, and keep their names. */
const recorded = new Set([
  ...filesIn('events').flatMap((file) => tokensOf(file).names),
  ...fieldsIn('src/contract'),
  ...codesOf('machines/moment.ts', 'NextParams'),
]);

// The catalogue of messages is keyed by codes and by facts' types.
const keyedByCodes = 'src/messages/';

/** What stands in backticks in the last column of a table; `` `line` in `workers` `` is meant for these folders alone. */
function unusedWords(text: string): readonly Unused[] {
  const cells = text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').at(-2) ?? '');
  return cells.flatMap((cell) =>
    cell.split(',').flatMap((entry) => {
      const [word, ...within] = [...entry.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      return word === undefined ? [] : [{ words: word.split(' '), within }];
    }),
  );
}

function filesIn(folder: string): readonly string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

/** Comments and names of a file. Strings are left out: they hold facts' types, codes and what users read. */
function tokensOf(file: string): { readonly comments: readonly string[]; readonly names: readonly string[] } {
  const token =
    /(\/\/.*|\/\*[\s\S]*?\*\/)|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|([A-Za-z_$][\w$]*)/g;
  const found = [...readFileSync(join(root, file), 'utf8').matchAll(token)];
  return {
    comments: found.flatMap(([, comment]) => comment ?? []),
    names: found.flatMap(([, , name]) => name ?? []),
  };
}

function fieldsIn(folder: string): readonly string[] {
  const texts = filesIn(folder).map((file) => readFileSync(join(root, file), 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(/([A-Za-z]\w*)\??:/g)].map(([, name = '']) => name));
}

/** The keys of an interface that is keyed by codes. */
function codesOf(file: string, name: string): readonly string[] {
  const [, body = ''] =
    new RegExp(`interface ${name} \\{\n([\\s\\S]*?)\n\\}`).exec(readFileSync(join(root, file), 'utf8')) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, code = '']) => code);
}

/** A code in a comment is quoted, and no word of ours. */
const unquoted = (comment: string) => comment.replaceAll(/`QCC_[^`]*`/g, '');

const wordsOf = (text: string) => (text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []).map((word) => word.toLowerCase());

function holds(text: string, { words }: Unused): boolean {
  const said = wordsOf(text);
  const isSame = (word: string | undefined, other: string) => word === other || word === `${other}s`;
  return said.some((_, at) => words.every((word, i) => isSame(said[at + i], word)));
}

function violations(file: string, unused: readonly Unused[]): readonly string[] {
  const { comments, names } = tokensOf(file);
  const ours = file.startsWith(keyedByCodes) ? [] : names.filter((name) => !recorded.has(name));
  const said = [file, ...comments.map(unquoted), ...new Set(ours)];
  return unused
    .filter(({ within }) => within.length === 0 || within.some((folder) => file.startsWith(folder)))
    .flatMap((one) =>
      said
        .filter((text) => holds(text, one))
        .map((text) => `${file}: “${one.words.join(' ')}” in ${text.slice(0, 120)}`),
    );
}

describe('the words of the code', () => {
  const unused = unusedWords(glossary);

  it('are found in the glossary', () => {
    expect(unused.length).toBeGreaterThan(20);
    expect(unused).toContainEqual({ words: ['desk'], within: [] });
  });

  it('are the glossary’s', () => {
    expect(sources.flatMap((file) => violations(file, unused))).toEqual([]);
  });
});

describe('people without a name', () => {
  const nameless = /\b(?:some|no|any|every)body(?:'s|’s)?\b|\bwhoever\b/i;

  it.each(['machines', 'events', 'workers', 'src'])(
    'are no subject in %s: an endpoint, a client, a person is meant',
    (folder) => {
      const lines = filesIn(folder).flatMap((file) =>
        readFileSync(join(root, file), 'utf8')
          .split('\n')
          .flatMap((line, at) => (nameless.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
      );
      expect(lines).toEqual([]);
    },
  );

  it.each(['README.md', ...papers('docs')])('are no subject in %s', (file) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    expect(lines.filter((line) => nameless.test(line))).toEqual([]);
  });
});

/** Decisions stand as they were taken. */
function papers(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}
