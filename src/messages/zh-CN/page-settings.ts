import type { settingsWords as en } from '../en/page-settings.ts';

export const settingsWords: typeof en = {};
