/** The state as a document: no name in it becomes a part of the document. */
import { describe, expect, it } from 'vitest';
import type { PageState } from '../../src/contract/dashboard.ts';
import { missingPage, plainPage } from '../../src/dashboard/plain.ts';
import { memoryInstallation } from '../support/installation.ts';

const hostile = `</td><script>alert("1")</script><img src=x onerror='alert(1)'>&amp;\u202e\u0007`;

async function state(): Promise<PageState> {
  const { call } = await memoryInstallation();
  await call('profile.add', { name: 'work', tier: 'primary' });
  await call('endpoint.add', { profile: 'work', baseUrl: 'https://relay.test', key: 'sk-ant-0123456789abcdef' });
  return await call('dashboard.state', {});
}

describe('the plain page', () => {
  it.each(['en', 'zh-CN'] as const)('shows each endpoint with its state, in words: %s', async (language) => {
    const html = plainPage(await state(), language);
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).toContain('<td>work (');
    expect(html).toMatch(/<td>relay\S* [0-9a-f]{8}<\/td>/);
    expect(html).not.toMatch(/undefined|\[object|NaN/);
    expect(missingPage(language)).toContain(`<html lang="${language}">`);
  });

  it('takes no name and no time for a part of the document', async () => {
    const given = await state();
    const profiles = given.profiles.map((profile) => ({
      ...profile,
      name: hostile,
      endpoints: profile.endpoints.map((one) => ({
        ...one,
        name: hostile,
        profile: hostile,
        until: hostile,
        because: hostile as never,
      })),
    }));
    const ladder = { ...given.ladder, active: hostile };
    const html = plainPage({ ...given, profiles, ladder }, 'en');
    for (const part of ['<script', '<img', "onerror='", '\u202e', '\u0007']) expect(html).not.toContain(part);
    expect(html).toContain('&lt;script&gt;');
    expect(html.match(/<td>/g)).toHaveLength(8);
  });
});
