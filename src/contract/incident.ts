/** The export of a slice of the past, for sharing. */
import * as v from 'valibot';
import { flag, name, texts, whole } from './fields.ts';
import { span } from './moment.ts';
import { asks } from './operation.ts';

/** The first line of an incident file: the state before its first fact, redacted as well. */
export interface IncidentHead {
  readonly capsule: number;
  /** The version that wrote it. */
  readonly qcc: string;
  readonly from: number;
  readonly to: number;
  readonly names: 'kept' | 'hashed';
  readonly state: object;
}

const redaction = v.strictObject({ salt: name, hashNames: flag, names: texts, hosts: texts });

export const incidentContract = {
  'capsule.begin': asks('read', v.strictObject({ ...span, salt: name, hashNames: flag })).answers<{
    readonly head: IncidentHead;
    readonly redaction: v.InferOutput<typeof redaction>;
  }>(),
  'capsule.facts': asks('read', v.strictObject({ from: whole, to: whole, redaction })).answers<{
    readonly facts: readonly object[];
    readonly next: number | null;
  }>(),
};
