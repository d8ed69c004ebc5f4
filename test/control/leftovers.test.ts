import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openInstallation } from '../../src/installation/installation.ts';
import { temporaryHome } from '../support/home.ts';

describe('a home whose gateway was killed while it wrote', () => {
  it('loses the unfinished copies of its keys, and nothing else', async () => {
    const home = temporaryHome();
    const before = await openInstallation(home);
    await before.vault.put('e1', 'sk-ant-kept');
    await before.close();
    const left = [`${before.paths.vault}.4711.tmp`, `${before.paths.masterKey}.4712-0123456789ab.tmp`];
    const yours = [`${before.paths.vault}.bak`, `${before.paths.vault}.old.tmp`];
    for (const path of [...left, ...yours]) writeFileSync(path, '{');
    const after = await openInstallation(home);
    expect(left.filter(existsSync)).toEqual([]);
    expect(yours.filter(existsSync)).toEqual(yours);
    expect(after.vault.get('e1')).toBe('sk-ant-kept');
    await after.close();
  });
});
