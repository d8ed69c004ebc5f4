/**
 * The limits of size stand in `biome.json`: 350 lines a file, 60 a function, 15 for its complexity. A file above them is named there
 * with a number of its own, and here with the reason why a split would make the place worse. The list may only shrink.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const why: Readonly<Record<string, string>> = {
  'src/history/rehearsal.ts': 'the record is lived again in one pass, over one state',
  'src/proxy/request/json-scanner.ts':
    'its states are numbers of one module: imported, they cost two to five hundredths of its time',
  'src/proxy/response/answer.ts':
    'one state machine, whose phases share the timers, the commit gate and the way to the client; parts would be further objects a request',
};

interface Override {
  readonly includes: readonly string[];
  readonly linter: { readonly rules: { readonly style?: { readonly noExcessiveLinesPerFile?: unknown } } };
}

const { overrides, linter } = JSON.parse(readFileSync('biome.json', 'utf8')) as {
  readonly overrides: readonly Override[];
  readonly linter: {
    readonly rules: {
      readonly style: { readonly noExcessiveLinesPerFile: { readonly options: { maxLines: number } } };
    };
  };
};
const { maxLines } = linter.rules.style.noExcessiveLinesPerFile.options;

it('names each file above the limit of lines with its reason, and no more files than there were', () => {
  const above = overrides.filter(({ linter: { rules } }) => typeof rules.style?.noExcessiveLinesPerFile === 'object');
  expect(above.flatMap(({ includes }) => includes)).toEqual(Object.keys(why));
  expect(Object.keys(why).length).toBeLessThanOrEqual(3);
});

it('has no file on the list of long files that has become short', () => {
  const short = Object.keys(why).filter((file) => readFileSync(file, 'utf8').split('\n').length <= maxLines);
  expect(short).toEqual([]);
});

it('keeps the map of the tree short enough to be read at once', () => {
  expect(readFileSync('ARCHITECTURE.md').length).toBeLessThanOrEqual(14_000);
});
