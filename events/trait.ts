/** What is true of every fact of a type, whatever it says: the kinds of traits. Each noun's file gives them to its facts. */

/** What a person did, in the words of the command. */
export const auditActions = [
  'profile.add',
  'profile.update',
  'profile.remove',
  'profile.default',
  'priority.set',
  'priority.switch',
  'priority.release',
  'endpoint.add',
  'endpoint.update',
  'endpoint.remove',
  'endpoint.enable',
  'endpoint.disable',
  'endpoint.forget',
  'fleet.forget',
  'health.reset',
  'config.set',
  'config.reset',
  'config.snapshot',
  'config.rollback',
  'config.import',
  'token.add',
  'token.rotate',
  'token.change',
  'token.revoke',
] as const;
export type AuditAction = (typeof auditActions)[number];

export interface FactTraits {
  /** How it is coloured: bad news, good news, or neither. */
  readonly tone: 'bad' | 'good' | 'plain';
  /** A rule of a machine decided it; nothing outside reported it. */
  readonly decision?: true;
  /** A person's deed, for the audit; `SettingChanged` that takes a value away is `config.reset`. */
  readonly audited?: AuditAction;
  /** A refusal of the endpoint's credential, told once, ends with it. */
  readonly endsRefusal?: true;
}

/** One row a type: the compiler asks for it when a fact is added. */
export type TraitsOf<One extends { readonly type: string }> = Readonly<Record<One['type'], FactTraits>>;

export const plain: FactTraits = { tone: 'plain' };
export const bad: FactTraits = { tone: 'bad' };
export const good: FactTraits = { tone: 'good' };
export const deed = (audited: AuditAction): FactTraits => ({ tone: 'plain', audited });
