/** The page of an incident file: everything is in the past, and nothing can be changed. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageState } from '../contract/dashboard.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { programAt } from '../pool/program.ts';
import { Dashboard } from './dashboard.ts';

interface OfFile {
  readonly call: (name: string, params: unknown) => Promise<unknown>;
  /** After the file's last fact. */
  readonly state: PageState;
  readonly port: number;
  readonly language: 'en' | 'zh-CN';
}

export function fileDashboard({ call, state, port, language }: OfFile): Dashboard {
  const head = { seq: state.seq, now: state.at };
  return new Dashboard(
    {
      call: (name, params) =>
        call(name, params).catch((error: unknown) => {
          throw error instanceof QccError ? error : new QccError('QCC_CAPSULE_LACKS', { name }, exitCodes.failed);
        }),
      language,
      head: () => head,
      state: () => state,
      live: () => null,
      running: () => [],
      changed: () => ({
        now: head.now,
        at: state.at,
        state,
        endpoints: [],
        queue: null,
        live: null,
        facts: [],
        skipped: 0,
      }),
      onFacts: () => () => {},
      now: Date.now,
    },
    { port: () => port, keepMs: () => Number.POSITIVE_INFINITY, folder: pageFolder(), warn: () => {} },
  );
}

/** Where the built page is: beside the compiled program. */
export function pageFolder(): string {
  return join(dirname(fileURLToPath(programAt('package'))), 'page');
}
