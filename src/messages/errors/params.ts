/** What belongs into the sentence of each error. */
import type { Fault } from './faults.ts';

export type Param = string | number;
type Nothing = Readonly<Record<never, never>>;

/** The system refuses to write. `isLog`: it refuses to open the log that is there. `folder`: what has to be free, or writable. */
interface Refused {
  readonly dir: Param;
  readonly folder: Param;
  readonly isLog: Param;
}

/** What is wrong with a file of a store. */
export type SyncFault =
  | 'changed'
  /** Of git, which has merged. */
  | 'conflict'
  | 'form'
  | 'large'
  /** What this home knows of its store. */
  | 'local'
  | 'missing'
  | 'newer'
  | 'notPlain'
  | 'parent'
  | 'stranger'
  | 'stray';

export interface ErrorParamsOf {
  readonly QCC_BLOB_LOST: { readonly why: Param };
  readonly QCC_DISK_FULL: Refused;
  readonly QCC_DISK_READONLY: Refused;
  readonly QCC_FILE_LIMIT: Refused;
  readonly QCC_LOG_FORBIDDEN: { readonly dir: Param };
  readonly QCC_APART_LIMIT: {
    readonly isLate: Param;
    readonly seconds: Param;
    readonly heapMb: Param;
  };
  readonly QCC_DASHBOARD_ELSEWHERE: { readonly port: Param; readonly is: Param };
  readonly QCC_DASHBOARD_PORT: { readonly port: Param; readonly why: Param };
  readonly QCC_DEMO_HOME: { readonly path: Param };
  readonly QCC_BACKUP_FAILED: Fault<'backup'> & { readonly to: Param };
  readonly QCC_BACKUP_INVALID: Fault<'backup'>;
  readonly QCC_CAPSULE_DAMAGED: Fault<'incident'> & { readonly path: Param };
  readonly QCC_CAPSULE_LIMIT: Fault<'bound'> & { readonly path: Param };
  readonly QCC_CAPSULE_LACKS: { readonly name: Param };
  readonly QCC_CAPSULE_UNREADABLE: { readonly path: Param; readonly code: Param };
  readonly QCC_CAPSULE_VERSION: { readonly path: Param; readonly version: Param; readonly qcc: Param };
  readonly QCC_CLAUDE_MISSING: { readonly text: string };
  readonly QCC_CLAUDE_SETTINGS: Fault<'claude'> & { readonly file: Param };
  readonly QCC_COMMAND_FAULT: { readonly message: Param; readonly text: string };
  readonly QCC_CONTROL_TOO_LARGE: Nothing;
  readonly QCC_ENDPOINT_AMBIGUOUS: {
    readonly id: Param;
    readonly count: Param;
    readonly profile: Param;
    readonly known: Param;
    readonly hint: string;
  };
  readonly QCC_ENDPOINT_EXISTS: { readonly baseUrl: Param; readonly profile: Param };
  readonly QCC_ENDPOINT_INCOMPLETE: { readonly lacks: 'key' | 'url'; readonly hint: string };
  readonly QCC_ENDPOINT_INVALID: {
    readonly name: Param;
    readonly min: Param;
    readonly max: Param;
    readonly value: Param;
  };
  readonly QCC_ENDPOINT_UNKNOWN: {
    readonly id: Param;
    /** What may be meant; empty when nothing is near. */
    readonly near: Param;
    readonly profile: Param;
    readonly hint: string;
  };
  /** `dir`: of the log, where that is what could not be opened. */
  readonly QCC_FILES_FEW: { readonly dir: Param };
  readonly QCC_FILE_UNREADABLE: {
    readonly path: Param;
    /** Of the system; empty where its owner has no permission. */
    readonly code: Param;
    readonly hint: string;
  };
  readonly QCC_FILE_UNWRITABLE: {
    readonly path: Param;
    readonly code: Param;
    readonly hint: string;
  };
  readonly QCC_GATEWAY_DOWN: Nothing;
  readonly QCC_GATEWAY_ENDING: Nothing;
  readonly QCC_GATEWAY_FAULT: { readonly text: string };
  readonly QCC_GATEWAY_LOST: { readonly why: Param };
  readonly QCC_GATEWAY_MUTE: { readonly limitMs: Param };
  readonly QCC_GATEWAY_RUNNING: {
    readonly home: Param;
    /** Empty where it stands in the way of a service. */
    readonly url: Param;
    readonly pid: Param;
  };
  readonly QCC_GATEWAY_SILENT: { readonly text: string; readonly hint: string };
  readonly QCC_GATEWAY_STOPPED: Nothing;
  readonly QCC_GATEWAY_STOPPING: { readonly pid: Param };
  readonly QCC_GATEWAY_UNSTOPPABLE: { readonly pid: Param };
  readonly QCC_HISTORY_FILTER: {
    readonly filter: Param;
    readonly given: Param;
    readonly near: Param;
    readonly known: Param;
  };
  readonly QCC_HISTORY_NO_STORY: { readonly given: Param };
  readonly QCC_INCIDENT_UNKNOWN: { readonly number: Param };
  readonly QCC_HISTORY_NO_TROUBLE: Nothing;
  readonly QCC_HISTORY_TRIMMED: {
    readonly moment: Param;
    readonly tail: Param;
    /** 1: the facts are there, and the snapshot before them is not. */
    readonly lacksSnapshot: Param;
  };
  readonly QCC_HISTORY_UNKNOWN: { readonly moment: Param; readonly head: Param };
  readonly QCC_HOME_NEWER: Fault<'home'> & { readonly home: Param };
  readonly QCC_HOME_NONE: Nothing;
  readonly QCC_HOME_NOT_EMPTY: { readonly home: Param; readonly file: Param };
  readonly QCC_HOME_ODD: { readonly path: Param; readonly is: Param };
  readonly QCC_HOME_OPEN: { readonly home: Param };
  readonly QCC_HOME_OWNER: { readonly home: Param };
  readonly QCC_HOME_PATH: { readonly bytes: Param; readonly most: Param };
  readonly QCC_IMPORT_DATABASE: { readonly node: Param };
  readonly QCC_IMPORT_INVALID: Fault<'import' | 'bound'> & { readonly hint: string };
  readonly QCC_IMPORT_MISSING: {
    readonly from: Param;
    readonly places: Param;
    readonly list: Param;
  };
  readonly QCC_IMPORT_NEWER: { readonly version: Param; readonly known: Param };
  readonly QCC_IMPORT_PARTIAL: {
    readonly count: Param;
    /** A line each: its path, and why. */
    readonly parts: Param;
    readonly command: Param;
  };
  readonly QCC_IMPORT_RACED: { readonly command: Param };
  readonly QCC_IMPORT_UNREADABLE: { readonly path: Param; readonly code: Param };
  readonly QCC_INPUT_INVALID: {
    readonly operation: Param;
    /** A field of the operation, or the command's own flag for it. */
    readonly field: Param;
    readonly wanted: Param;
    /** The command that was typed; left out where a program called. */
    readonly command?: Param;
  };
  readonly QCC_INPUT_KEY: { readonly field: Param };
  readonly QCC_KEY_INVALID: Nothing;
  readonly QCC_KEY_LOST: { readonly id: Param; readonly profile: Param };
  readonly QCC_LOG_CLOSED: Nothing;
  readonly QCC_LOG_DAMAGED: { readonly dir: Param; readonly why: Param };
  readonly QCC_LOG_GIVEN_UP: { readonly hint: string };
  readonly QCC_LOG_GONE: { readonly dir: Param };
  readonly QCC_LOG_LOCKED: Nothing;
  readonly QCC_LOG_SUSPENDED: { readonly why: Param; readonly hint: string };
  readonly QCC_NOTIFY_UNSET: Nothing;
  readonly QCC_FLEET_ENV: { readonly name: string };
  readonly QCC_OPERATION_UNKNOWN: { readonly name: Param };
  readonly QCC_PASSPHRASE_MISSING: Nothing;
  readonly QCC_PASSPHRASE_WRONG: { readonly command: Param };
  readonly QCC_PORT_TAKEN: { readonly host: Param; readonly port: Param; readonly holder: Param; readonly list: Param };
  readonly QCC_MISSING_UNKNOWN: { readonly what: Param; readonly known: Param; readonly hint: string };
  readonly QCC_MODEL_RULE: Fault<'model'> & { readonly rule: Param };
  readonly QCC_MODEL_RULES: { readonly count: Param; readonly most: Param };
  readonly QCC_MODEL_TWICE: { readonly from: Param };
  readonly QCC_MODEL_UNKNOWN: { readonly from: Param; readonly rules: Param; readonly hint: string };
  readonly QCC_PRESET_UNKNOWN: { readonly name: Param; readonly near: Param; readonly hint: string };
  readonly QCC_PROFILE_BARE: { readonly name: Param };
  readonly QCC_PROFILE_EMPTY: { readonly name: Param };
  readonly QCC_PROFILE_EXISTS: { readonly name: Param };
  readonly QCC_PROFILE_NAME: { readonly name: Param };
  readonly QCC_PROFILE_NONE: { readonly text: string };
  readonly QCC_ENDPOINT_NONE: { readonly text: string; readonly hint: string };
  readonly QCC_QUEUE_EMPTY: { readonly text: string };
  readonly QCC_PROFILE_UNKNOWN: { readonly name: Param; readonly near: Param; readonly known: Param };
  readonly QCC_PROXY_OPEN: { readonly host: Param };
  readonly QCC_REMOTE_PROFILE: { readonly url: Param; readonly said: Param };
  readonly QCC_REMOTE_REFUSED: { readonly url: Param; readonly said: Param };
  readonly QCC_REMOTE_STRANGE: { readonly url: Param; readonly status: Param };
  readonly QCC_REMOTE_UNREACHABLE: { readonly url: Param; readonly why: Param; readonly other: Param };
  readonly QCC_REMOTE_UNTRUSTED: { readonly url: Param; readonly why: Param };
  readonly QCC_TLS_NONE: Nothing;
  readonly QCC_TOKEN_EXISTS: { readonly name: Param };
  readonly QCC_TOKEN_MANY: { readonly most: Param };
  readonly QCC_TOKEN_NAME: { readonly name: Param };
  readonly QCC_TOKEN_REVOKED: { readonly name: Param };
  readonly QCC_TOKEN_UNKNOWN: { readonly name: Param; readonly near: Param; readonly known: Param };
  readonly QCC_QUEUE_AMBIGUOUS: { readonly id: Param; readonly count: Param; readonly list: Param };
  readonly QCC_QUEUE_NO_ANSWER: { readonly id: Param; readonly state: Param };
  readonly QCC_QUEUE_OVER: { readonly id: Param; readonly state: Param };
  readonly QCC_QUEUE_UNKNOWN: { readonly id: Param };
  readonly QCC_REPAIR_RUNNING: Nothing;
  readonly QCC_REQUEST_AMBIGUOUS: { readonly given: Param; readonly count: Param; readonly known: Param };
  readonly QCC_SESSION_AMBIGUOUS: { readonly given: Param; readonly count: Param; readonly known: Param };
  readonly QCC_REQUEST_UNKNOWN: { readonly request: Param; readonly until: Param };
  readonly QCC_ROLLBACK_EMPTY: { readonly moment: Param };
  readonly QCC_ROLLBACK_NOTHING: { readonly parts: Param };
  readonly QCC_ROLLBACK_PARTIAL: { readonly command: Param; readonly parts: Param };
  readonly QCC_ROLLBACK_UNCHANGED: Nothing;
  readonly QCC_SERVICE_CONTROL: { readonly name: Param };
  readonly QCC_SERVICE_FAILED: { readonly text: string; readonly hint: string };
  readonly QCC_SERVICE_MISSING: { readonly file: Param };
  readonly QCC_SERVICE_UNSUPPORTED: { readonly text: string };
  readonly QCC_SETTING_ENV: {
    readonly name: Param;
    readonly chinese: Param;
    readonly given: Param;
    readonly range: Param;
    readonly not: Param;
  };
  readonly QCC_SETTING_INVALID: {
    readonly key: Param;
    readonly chinese: Param;
    readonly given: Param;
    readonly list: Param;
    readonly not: Param;
  };
  readonly QCC_SETTING_UNKNOWN: { readonly name: Param; readonly near: Param; readonly hint: string };
  readonly QCC_SNAPSHOT_UNKNOWN: { readonly id: Param };
  readonly QCC_SOCKET_BLOCKED: { readonly path: Param; readonly why: Param };
  readonly QCC_SYNC_BEHIND: { readonly count: Param };
  readonly QCC_SYNC_CONFLICTS: { readonly count: Param; readonly paths: Param };
  readonly QCC_SYNC_DAMAGED: {
    readonly path: Param;
    readonly fault: SyncFault;
    /** The path as a shell reads it. */
    readonly typed: Param;
  };
  readonly QCC_SYNC_FOLDER: { readonly folder: Param; readonly code: Param };
  readonly QCC_SYNC_KEYS: { readonly folder: Param };
  readonly QCC_SYNC_NONE: Nothing;
  readonly QCC_SYNC_OTHER: { readonly folder: Param };
  readonly QCC_TABLE_DAMAGED: { readonly dir: Param; readonly table: Param };
  readonly QCC_TLS_UNUSABLE: Fault<'certificate'>;
  readonly QCC_URL_INVALID: Fault<'url'> & { readonly given: Param; readonly hint: string };
  readonly QCC_URL_PLAINTEXT: { readonly origin: Param };
  readonly QCC_USAGE_CONFIRM: { readonly text: string };
  readonly QCC_USAGE_DECLINED: { readonly text: string; readonly hint: string };
  readonly QCC_SETUP_LEFT: Readonly<Record<string, never>>;
  readonly QCC_USAGE_INTERRUPTED: { readonly text: string; readonly hint: string };
  readonly QCC_USAGE_INVALID: { readonly text: string; readonly hint: string };
  readonly QCC_VAULT_DAMAGED: { readonly path: Param };
  readonly QCC_VAULT_GONE: { readonly path: Param };
  readonly QCC_VAULT_LOCKED: { readonly vault: Param };
  readonly QCC_WHATIF_ENDPOINT: { readonly name: Param };
  readonly QCC_WHATIF_UNKNOWN: { readonly id: Param; readonly count: Param };
  readonly QCC_WHATIF_SETTING: { readonly key: Param };
}

export type ErrorCode = keyof ErrorParamsOf;

/** A sentence, and what helps: a command, or more than one. */
export type ErrorWords = {
  readonly [Code in ErrorCode]: {
    readonly message: (params: ErrorParamsOf[Code]) => string;
    readonly hint: (params: ErrorParamsOf[Code]) => string;
  };
};
