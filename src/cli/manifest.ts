/** Every command, its arguments and flags: static, so that help and mistakes load nothing else. */
import type { ArgDef } from 'citty';
import type { Context } from '../commands/context.ts';
import type { Words } from '../messages/messages.ts';

type Flag = Pick<ArgDef, 'type'> & {
  readonly type: 'string' | 'boolean';
  readonly alias?: string;
  /** It may be given more than once: all that was given counts. */
  readonly multiple?: true;
};
type Describes = { [Key in keyof Words]: Words[Key] extends string ? Key : never }[keyof Words];

export interface Command {
  readonly words: Describes;
  readonly positionals?: readonly string[];
  /** How many of the positionals must be there. Default: all. */
  readonly required?: number;
  /** Everything after `--` belongs to somebody else. */
  readonly passesOn?: boolean;
  readonly flags?: Readonly<Record<string, Flag>>;
  readonly sub?: Readonly<Record<string, Command>>;
  /** The exit code, or nothing for 0. */
  readonly load?: () => Promise<(context: Context) => Promise<number | undefined>>;
}

const text: Flag = { type: 'string' };
const yes: Flag = { type: 'boolean' };
const keys = { 'api-key': text, 'api-key-stdin': yes, 'api-key-env': text };
const target = { 'base-url': text, ...keys, auth: text, preset: text };
const tuning = {
  weight: text,
  priority: text,
  name: text,
  timeout: text,
  'max-failures': text,
  'max-concurrent': text,
  'allow-plaintext': yes,
};
const address = { host: text, port: text };
const fromLog = { 'from-log': text };
const filters = {
  at: text,
  ...fromLog,
  since: text,
  until: text,
  type: text,
  stream: text,
  endpoint: text,
  profile: text,
  session: text,
  request: text,
  limit: { type: 'string', alias: 'n' } as Flag,
  follow: { type: 'boolean', alias: 'f' } as Flag,
};

const profile = () => import('../commands/profile/cli.ts');
const endpoint = () => import('../commands/endpoint/cli.ts');
const ladder = () => import('../commands/priority/cli.ts');
const health = () => import('../commands/health/cli.ts');
const config = () => import('../commands/config/cli.ts');
const transfer = () => import('../commands/config/transfer-cli.ts');
const checks = () => import('../commands/doctor/cli.ts');
const snapshots = () => import('../commands/config/snapshots-cli.ts');
const proxy = () => import('../commands/gateway/cli.ts');
const client = () => import('../commands/client/cli.ts');
const queue = () => import('../commands/queue/cli.ts');
const history = () => import('../commands/history/cli.ts');
const logCare = () => import('../commands/history/log-care-cli.ts');

export const globalFlags: Readonly<Record<string, Flag>> = {
  json: yes,
  quiet: { type: 'boolean', alias: 'q' },
  yes: { type: 'boolean', alias: 'y' },
  'no-input': yes,
  lang: text,
  'no-color': yes,
  help: { type: 'boolean', alias: 'h' },
};

export const root: Command = {
  words: 'c_qcc',
  load: async () => (await client()).bare,
  sub: {
    init: { words: 'c_init', load: async () => (await profile()).init },
    add: {
      words: 'c_add',
      positionals: ['NAME'],
      flags: { description: text, tier: text, ...target },
      load: async () => (await profile()).add,
    },
    list: { words: 'c_list', load: async () => (await profile()).list },
    use: {
      words: 'c_use',
      positionals: ['NAME'],
      required: 0,
      flags: { apply: yes, restore: yes },
      load: async () => (await client()).use,
    },
    default: { words: 'c_default', positionals: ['NAME'], load: async () => (await profile()).makeDefault },
    remove: { words: 'c_remove', positionals: ['NAME'], load: async () => (await profile()).remove },
    status: { words: 'c_status', load: async () => (await proxy()).overview },
    fc: {
      words: 'c_fc',
      flags: { list: yes, preset: text, name: text, ...keys },
      load: async () => (await client()).fromPreset,
    },
    env: { words: 'c_env', flags: { shell: text, unset: yes }, load: async () => (await client()).env },
    code: { words: 'c_code', passesOn: true, flags: { profile: text }, load: async () => (await client()).code },
    notify: {
      words: 'c_notify',
      sub: { test: { words: 'c_notify_test', load: async () => (await import('../commands/notify/cli.ts')).test } },
    },
    proxy: {
      words: 'c_proxy',
      sub: {
        start: {
          words: 'c_proxy_start',
          flags: { ...address, foreground: yes },
          load: async () => (await proxy()).start,
        },
        run: { words: 'c_proxy_run', flags: address, load: async () => (await proxy()).run },
        stop: { words: 'c_proxy_stop', flags: { timeout: text }, load: async () => (await proxy()).stop },
        restart: { words: 'c_proxy_restart', flags: address, load: async () => (await proxy()).restart },
        status: { words: 'c_proxy_status', flags: { watch: yes }, load: async () => (await proxy()).status },
        logs: {
          words: 'c_proxy_logs',
          flags: { lines: { type: 'string', alias: 'n' }, follow: { type: 'boolean', alias: 'f' }, level: text },
          load: async () => (await import('../commands/gateway/logs-cli.ts')).logs,
        },
        stats: {
          words: 'c_proxy_stats',
          flags: { since: text, export: text },
          load: async () => (await health()).stats,
        },
        'install-service': {
          words: 'c_proxy_install',
          flags: { print: yes, uninstall: yes },
          load: async () => (await import('../commands/service/cli.ts')).installService,
        },
      },
    },
    endpoint: {
      words: 'c_endpoint',
      sub: {
        add: {
          words: 'c_endpoint_add',
          positionals: ['PROFILE'],
          flags: { 'from-profile': { type: 'string', alias: 'f' }, ...target, ...tuning, auto: yes },
          load: async () => (await endpoint()).add,
        },
        update: {
          words: 'c_endpoint_update',
          positionals: ['PROFILE', 'ID'],
          flags: { ...target, ...tuning },
          load: async () => (await endpoint()).update,
        },
        list: {
          words: 'c_endpoint_list',
          positionals: ['PROFILE'],
          flags: { verbose: yes },
          load: async () => (await endpoint()).list,
        },
        remove: {
          words: 'c_endpoint_remove',
          positionals: ['PROFILE', 'ID'],
          load: async () => (await endpoint()).remove,
        },
        enable: {
          words: 'c_endpoint_enable',
          positionals: ['PROFILE', 'ID'],
          load: async () => (await endpoint()).enable,
        },
        disable: {
          words: 'c_endpoint_disable',
          positionals: ['PROFILE', 'ID'],
          load: async () => (await endpoint()).disable,
        },
        test: {
          words: 'c_endpoint_test',
          positionals: ['PROFILE', 'ID'],
          required: 1,
          load: async () => (await health()).testProfile,
        },
        stats: {
          words: 'c_endpoint_stats',
          positionals: ['PROFILE'],
          flags: { since: text },
          load: async () => (await health()).stats,
        },
      },
    },
    priority: {
      words: 'c_priority',
      sub: {
        set: { words: 'c_priority_set', positionals: ['PROFILE', 'TIER'], load: async () => (await ladder()).set },
        list: { words: 'c_priority_list', load: async () => (await ladder()).list },
        switch: {
          words: 'c_priority_switch',
          positionals: ['PROFILE'],
          required: 0,
          flags: { reason: text, release: yes },
          load: async () => (await ladder()).switchTo,
        },
        policy: {
          words: 'c_priority_policy',
          flags: {
            'auto-failover': yes,
            'no-auto-failover': yes,
            'auto-recovery': yes,
            'no-auto-recovery': yes,
            'failure-threshold': text,
            'recovery-checks': text,
            cooldown: text,
            'recovery-delay': text,
            'max-per-hour': text,
          },
          load: async () => (await ladder()).policy,
        },
        history: {
          words: 'c_priority_history',
          flags: { limit: { type: 'string', alias: 'n' } },
          load: async () => (await ladder()).history,
        },
      },
    },
    health: {
      words: 'c_health',
      sub: {
        status: { words: 'c_health_status', flags: { watch: yes }, load: async () => (await health()).status },
        check: { words: 'c_health_check', positionals: ['ID'], required: 0, load: async () => (await health()).check },
        test: {
          words: 'c_health_test',
          positionals: ['ID'],
          required: 0,
          flags: { verbose: yes },
          load: async () => (await health()).test,
        },
        reset: { words: 'c_health_reset', positionals: ['ID'], load: async () => (await health()).reset },
        metrics: {
          words: 'c_health_metrics',
          positionals: ['ID'],
          required: 0,
          flags: { since: text },
          load: async () => (await health()).metrics,
        },
        history: {
          words: 'c_health_history',
          positionals: ['ID'],
          flags: { limit: { type: 'string', alias: 'n' } },
          load: async () => (await health()).history,
        },
        config: {
          words: 'c_health_config',
          flags: {
            mode: text,
            interval: text,
            timeout: text,
            model: text,
            'min-checks': text,
            'enable-weight-adjustment': yes,
            'disable-weight-adjustment': yes,
          },
          load: async () => (await health()).config,
        },
      },
    },
    queue: {
      words: 'c_queue',
      sub: {
        status: { words: 'c_queue_status', load: async () => (await queue()).status },
        list: {
          words: 'c_queue_list',
          flags: { limit: { type: 'string', alias: 'n' }, state: text },
          load: async () => (await queue()).list,
        },
        show: {
          words: 'c_queue_show',
          positionals: ['ID'],
          flags: { answer: yes },
          load: async () => (await queue()).show,
        },
        retry: { words: 'c_queue_retry', positionals: ['ID'], load: async () => (await queue()).retry },
        'retry-all': { words: 'c_queue_retry_all', load: async () => (await queue()).retryAll },
        clear: { words: 'c_queue_clear', flags: { state: text }, load: async () => (await queue()).clear },
        config: {
          words: 'c_queue_config',
          flags: {
            strategy: text,
            'max-retries': text,
            'max-size': text,
            'base-delay': text,
            'max-delay': text,
            enable: yes,
            disable: yes,
          },
          load: async () => (await queue()).configure,
        },
      },
    },
    config: {
      words: 'c_config',
      sub: {
        get: { words: 'c_config_get', positionals: ['KEY'], load: async () => (await config()).get },
        set: { words: 'c_config_set', positionals: ['KEY', 'VALUE'], load: async () => (await config()).set },
        list: { words: 'c_config_list', flags: { 'show-origin': yes }, load: async () => (await config()).list },
        reset: { words: 'c_config_reset', positionals: ['KEY'], required: 0, load: async () => (await config()).reset },
        export: {
          words: 'c_config_export',
          positionals: ['FILE'],
          flags: { 'with-secrets': yes },
          load: async () => (await transfer()).exportTo,
        },
        import: {
          words: 'c_config_import',
          positionals: ['FILE'],
          required: 0,
          flags: { from: text, 'dry-run': yes, partial: yes },
          load: async () => (await transfer()).importFrom,
        },
        backup: {
          words: 'c_config_backup',
          positionals: ['FILE'],
          load: async () => (await import('../commands/config/backup-cli.ts')).backup,
        },
        restore: {
          words: 'c_config_restore',
          positionals: ['FILE'],
          load: async () => (await import('../commands/config/backup-cli.ts')).restoreFrom,
        },
        validate: {
          words: 'c_config_validate',
          positionals: ['PROFILE'],
          required: 0,
          flags: { connect: yes },
          load: async () => (await checks()).validate,
        },
        doctor: {
          words: 'c_config_doctor',
          flags: { fix: yes, connect: yes },
          load: async () => (await checks()).doctor,
        },
        snapshot: {
          words: 'c_config_snapshot',
          positionals: ['TEXT'],
          required: 0,
          load: async () => (await snapshots()).snapshot,
        },
        snapshots: { words: 'c_config_snapshots', load: async () => (await snapshots()).snapshots },
        diff: {
          words: 'c_config_diff',
          positionals: ['A', 'B'],
          required: 1,
          load: async () => (await snapshots()).diff,
        },
        rollback: {
          words: 'c_config_rollback',
          positionals: ['ID'],
          required: 0,
          flags: { last: yes, 'dry-run': yes, partial: yes },
          load: async () => (await snapshots()).rollback,
        },
        audit: {
          words: 'c_config_audit',
          flags: {
            limit: { type: 'string', alias: 'n' },
            action: text,
            target: text,
            by: text,
            from: text,
            to: text,
            export: text,
          },
          load: async () => (await snapshots()).audit,
        },
      },
    },
    history: {
      words: 'c_history',
      flags: filters,
      load: async () => (await history()).show,
      sub: {
        verify: { words: 'c_history_verify', load: async () => (await logCare()).verify },
        repair: { words: 'c_history_repair', load: async () => (await logCare()).repair },
        stats: { words: 'c_history_stats', flags: fromLog, load: async () => (await logCare()).stats },
        compact: { words: 'c_history_compact', load: async () => (await logCare()).compact },
        diff: {
          words: 'c_history_diff',
          positionals: ['A', 'B'],
          required: 1,
          flags: fromLog,
          load: async () => (await history()).diff,
        },
        export: {
          words: 'c_history_export',
          flags: { since: text, until: text, incident: text, 'hash-names': yes },
          load: async () => (await import('../commands/history/export-cli.ts')).exportIncident,
        },
        'what-if': {
          words: 'c_history_what_if',
          flags: { since: text, set: { type: 'string', multiple: true }, ...fromLog },
          load: async () => (await import('../commands/history/what-if-cli.ts')).whatIf,
        },
        explain: {
          words: 'c_history_explain',
          positionals: ['REQUEST|ENDPOINT'],
          flags: fromLog,
          load: async () => (await import('../commands/history/explain-cli.ts')).explain,
        },
      },
    },
    debug: {
      words: 'c_debug',
      positionals: ['KIND|ID'],
      required: 0,
      flags: { at: text, watch: yes, ...fromLog },
      load: async () => (await import('../commands/debug/cli.ts')).debug,
      sub: {
        chart: {
          words: 'c_debug_chart',
          positionals: ['KIND|ID'],
          flags: { format: text, ...fromLog },
          load: async () => (await import('../commands/debug/chart-cli.ts')).chart,
        },
      },
    },
    bench: {
      words: 'c_bench',
      flags: { concurrent: text, duration: text, requests: text, url: text },
      load: async () => (await import('../commands/bench/cli.ts')).bench,
    },
    completion: {
      words: 'c_completion',
      positionals: ['bash|zsh|fish|pwsh'],
      load: async () => (await import('../commands/completion/cli.ts')).completion,
    },
    uninstall: {
      words: 'c_uninstall',
      flags: { 'keep-home': yes },
      load: async () => (await import('../commands/uninstall/cli.ts')).uninstall,
    },
    demo: {
      words: 'c_demo',
      flags: { port: text, once: yes, speed: text },
      load: async () => (await import('../commands/demo/cli.ts')).demo,
    },
  },
};
