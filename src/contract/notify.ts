/** The contract of notifications. */
import * as v from 'valibot';
import { one } from './fields.ts';
import { asks } from './operation.ts';

/** The outcome of a test message on one channel. */
export interface NotifyRow {
  readonly channel: 'webhook' | 'desktop';
  /** Of a webhook: json, slack, feishu, dingtalk, wecom, ntfy. */
  readonly format: string | null;
  /** Masked. */
  readonly target: string;
  readonly ok: boolean;
  readonly tookMs: number;
  readonly error: string | null;
}

export const notifyContract = {
  /** A message on every channel that is set up; nothing is recorded. */
  'notify.test': asks('write', v.strictObject({ language: one(['en', 'zh-CN']) })).answers<{
    readonly channels: readonly NotifyRow[];
  }>(),
};
