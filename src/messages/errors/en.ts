/** Every error in English: as it stands in logs, and on the control socket. */

import { endpointErrorsEn } from './en-endpoints.ts';
import { faultsEn } from './en-faults.ts';
import { fileErrorsEn } from './en-files.ts';
import { syncErrorsEn } from './en-sync.ts';
import { tokenErrorsEn } from './en-tokens.ts';
import { clauseOf } from './faults.ts';
import type { ErrorParamsOf, ErrorWords } from './params.ts';

const clause = (fault: object) => clauseOf(faultsEn, fault) ?? '';

function certificateHint(fault: ErrorParamsOf['QCC_TLS_UNUSABLE']): string {
  switch (fault.fault) {
    case 'half':
      return `qcc config set ${fault.lacks} PATH`;
    case 'expired':
      return 'renew it, then qcc proxy start';
    case 'early':
      return 'check the clock of this machine';
    case 'apart':
      return 'qcc config set proxy.tls_key PATH';
    case 'unread':
      return `qcc config set ${fault.setting} PATH`;
    case 'form':
      return `openssl x509 -in ${fault.path} -text`;
    default:
      return 'qcc config set proxy.tls_cert PATH';
  }
}

export const errorsEn: ErrorWords = {
  ...fileErrorsEn,
  ...endpointErrorsEn,
  ...syncErrorsEn,
  ...tokenErrorsEn,
  QCC_BLOB_LOST: {
    message: ({ why }) => `what was kept of this request cannot be read (${why})`,
    hint: () => 'qcc queue list',
  },
  QCC_DEMO_HOME: {
    message: ({ path }) => `${path} holds something already: the demo keeps its home in a new folder`,
    hint: ({ path }) => `qcc demo --keep ${path}-2`,
  },
  QCC_CLAUDE_MISSING: { message: ({ text }) => text, hint: () => 'npm install -g @anthropic-ai/claude-code' },
  QCC_CLAUDE_SETTINGS: {
    message: ({ file, ...fault }) => `${file}: ${clause(fault)}; nothing was changed`,
    hint: ({ file }) => `fix ${file}, then run the command again`,
  },
  QCC_COMMAND_FAULT: { message: ({ text }) => text, hint: () => 'QCC_DEBUG=1 shows where' },
  QCC_CONTROL_TOO_LARGE: { message: () => 'the question is too large', hint: () => 'ask for less' },
  QCC_GATEWAY_DOWN: { message: () => 'the gateway is not running', hint: () => 'qcc proxy start' },
  QCC_GATEWAY_ENDING: { message: () => 'the gateway could not start, or is ending', hint: () => 'qcc proxy status' },
  QCC_GATEWAY_FAULT: { message: ({ text }) => text, hint: () => 'QCC_DEBUG=1 qcc proxy run' },
  QCC_GATEWAY_LOST: {
    message: ({ why }) => `the gateway ended while it was asked (${why})`,
    hint: () => 'qcc proxy status',
  },
  QCC_GATEWAY_MUTE: {
    message: ({ limitMs }) => `the gateway is there, and has not answered within ${limitMs} ms`,
    hint: () => 'qcc proxy stop',
  },
  QCC_GATEWAY_RUNNING: {
    message: ({ home, url, pid }) =>
      `a gateway is already running for ${home}${url === '' ? ', and the service would be a second one' : `: ${url}, pid ${pid}`}`,
    hint: ({ url }) => (url === '' ? 'qcc proxy stop' : 'qcc proxy status'),
  },
  QCC_GATEWAY_SILENT: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_GATEWAY_STOPPED: { message: () => 'it was stopped while it started', hint: () => 'qcc proxy start' },
  QCC_GATEWAY_STOPPING: {
    message: ({ pid }) => `the gateway with pid ${pid} is still stopping`,
    hint: () => 'qcc proxy stop --timeout 0',
  },
  QCC_GATEWAY_UNSTOPPABLE: {
    message: ({ pid }) => `process ${pid} does not end, not even by SIGKILL: the system waits for a disk or a device`,
    hint: ({ pid }) => `ps -o pid,stat,wchan -p ${pid}`,
  },
  QCC_HISTORY_FILTER: {
    message: ({ filter, given }) => `--${filter} "${given}" names nothing that the history knows`,
    hint: ({ near, known }) =>
      [near && `did you mean ${near}?`, known && `there are: ${known}`].filter(Boolean).join(' ') || 'qcc history',
  },
  QCC_HISTORY_NO_STORY: {
    message: ({ given }) => `${given} tells of no request and of no endpoint`,
    hint: () => 'qcc history --stream request --limit 20',
  },
  QCC_INCIDENT_UNKNOWN: {
    message: ({ number }) =>
      number === '' ? 'the history tells of no incident' : `no incident has the fact #${number}`,
    hint: () => 'qcc incidents',
  },
  QCC_HISTORY_NO_TROUBLE: {
    message: () => 'no request that the log knows has failed or went to another endpoint',
    hint: () => 'qcc history --stream request --limit 20',
  },
  QCC_HISTORY_TRIMMED: {
    message: ({ moment, tail, lacksSnapshot }) =>
      lacksSnapshot
        ? `the log has no snapshot before ${moment}: it begins with #${tail}`
        : `the log no longer has anything of ${moment}: it begins with #${tail}`,
    hint: () => 'qcc config get history.retention_days',
  },
  QCC_HISTORY_UNKNOWN: {
    message: ({ head, moment }) => `the history has come to #${head}, not to ${moment}`,
    hint: () => 'qcc history --limit 1',
  },
  QCC_INPUT_INVALID: {
    message: ({ operation, field, wanted, command }) =>
      command === undefined ? `${operation}: "${field}" must be ${wanted}` : `${field} must be ${wanted}`,
    hint: ({ command = 'qcc' }) => `${command} --help`,
  },
  QCC_INPUT_KEY: {
    message: ({ field }) => `"${field}" looks like an API key, and would be kept in clear: nothing was done`,
    hint: () => 'pass a key by --api-key-stdin, or --api-key-env NAME',
  },
  QCC_KEY_INVALID: {
    message: () => 'this cannot be an API key: it is too short, or has spaces or odd characters',
    hint: () => 'pass the key alone, on one line',
  },
  QCC_KEY_LOST: {
    message: ({ id }) => `the key of endpoint ${id} cannot be read`,
    hint: ({ profile, id }) => `qcc endpoint update ${profile} ${id} --api-key-stdin`,
  },
  QCC_FLEET_ENV: {
    message: ({ name }) => `${name} is set: the gateway would join the fleet again`,
    hint: ({ name }) => `unset ${name}, and qcc fleet leave`,
  },
  QCC_NOTIFY_UNSET: {
    message: () => 'notify.webhook is empty and notify.desktop is off: there is nowhere to send to',
    hint: () => 'qcc config set notify.webhook -',
  },
  QCC_OPERATION_UNKNOWN: {
    message: ({ name }) => `the running gateway does not know "${name}": it is of another version`,
    hint: () => 'qcc proxy restart',
  },
  QCC_PORT_TAKEN: {
    message: ({ port, host, holder }) => `port ${port} on ${host} is taken by ${holder}`,
    hint: ({ list, holder }) => `qcc proxy start --port ${list}, or stop ${holder}`,
  },
  QCC_PROFILE_BARE: {
    message: ({ name }) => `profile "${name}" has no endpoint: there is nothing to ask`,
    hint: ({ name }) => `qcc endpoint add ${name}`,
  },
  QCC_PROFILE_EMPTY: {
    message: ({ name }) => `profile "${name}" has no endpoint to copy`,
    hint: ({ name }) => `qcc endpoint add ${name}`,
  },
  QCC_PROFILE_EXISTS: {
    message: ({ name }) => `there is a profile "${name}" already`,
    hint: ({ name }) => `qcc endpoint add ${name}`,
  },
  QCC_PROFILE_NAME: {
    message: ({ name }) =>
      `"${name}" cannot be the name of a profile: 1 to 64 letters, digits, - _ . and no leading dot or dash, and no word like constructor`,
    hint: () => 'qcc add work',
  },
  QCC_PROFILE_NONE: { message: ({ text }) => text, hint: () => 'qcc init' },
  QCC_QUEUE_EMPTY: { message: ({ text }) => text, hint: () => 'qcc queue status' },
  QCC_PROFILE_UNKNOWN: {
    message: ({ name }) => `there is no profile "${name}"`,
    hint: ({ near, known }) => (known ? `${near ? `did you mean ${near}? ` : ''}there are: ${known}` : 'qcc init'),
  },
  QCC_PROXY_OPEN: {
    message: ({ host }) =>
      `${host} can be reached from other machines, and proxy.require_token is off: others could spend your keys`,
    hint: () => 'qcc config set proxy.require_token true',
  },
  QCC_QUEUE_AMBIGUOUS: {
    message: ({ id, count, list }) => `"${id}" may be ${count} items of the queue: ${list}`,
    hint: () => 'qcc queue list',
  },
  QCC_QUEUE_NO_ANSWER: {
    message: ({ id, state }) => `there is no stored answer of item "${id}": it is ${state}`,
    hint: ({ id }) => `qcc queue show ${id}`,
  },
  QCC_QUEUE_OVER: {
    message: ({ id, state }) => `item "${id}" cannot be tried again: it is ${state}`,
    hint: ({ id }) => `qcc queue show ${id}`,
  },
  QCC_QUEUE_UNKNOWN: { message: ({ id }) => `there is no item "${id}" in the queue`, hint: () => 'qcc queue list' },
  QCC_REQUEST_AMBIGUOUS: {
    message: ({ given, count, known }) => `"${given}" may be ${count} requests: ${known}`,
    hint: () => 'say more of its id',
  },
  QCC_SESSION_AMBIGUOUS: {
    message: ({ given, count, known }) => `"${given}" may be ${count} sessions: ${known}`,
    hint: () => 'say more of its id',
  },
  QCC_REQUEST_UNKNOWN: {
    message: ({ request, until }) =>
      until === ''
        ? `the log has no request "${request}"`
        : `the log has no end of request "${request}": the gateway of that time was killed, and requests that ended after ${until} may be missing`,
    hint: () => 'qcc history --stream request --limit 20',
  },
  QCC_SERVICE_CONTROL: {
    message: ({ name }) =>
      `${name} has a line break or another control character in it, which no service file can hold`,
    hint: () => 'set it without one, then: qcc proxy install-service',
  },
  QCC_SERVICE_FAILED: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_SERVICE_MISSING: {
    message: ({ file }) => `no service is installed: there is no ${file}`,
    hint: () => 'qcc proxy install-service',
  },
  QCC_SERVICE_UNSUPPORTED: { message: ({ text }) => text, hint: () => 'qcc proxy start' },
  QCC_SETTING_ENV: {
    message: ({ name, range, not }) => `the environment's ${name} must be ${range}${not}`,
    hint: ({ name }) => `unset ${name}`,
  },
  QCC_SETTING_INVALID: {
    message: ({ key, list, not }) => `${key} must be ${list}${not}`,
    hint: ({ key }) => `qcc config get ${key}`,
  },
  QCC_SETTING_UNKNOWN: { message: ({ name }) => `there is no setting "${name}"`, hint: ({ hint }) => hint },
  QCC_SNAPSHOT_UNKNOWN: { message: ({ id }) => `there is no snapshot "${id}"`, hint: () => 'qcc config snapshots' },
  QCC_DASHBOARD_ELSEWHERE: {
    message: ({ port, is }) => `the dashboard is open on port ${is}, not on ${port}`,
    hint: () => 'qcc dashboard',
  },
  QCC_DASHBOARD_PORT: {
    message: ({ port, why }) => `the dashboard cannot listen on port ${port} (${why})`,
    hint: () => 'qcc dashboard --port 0',
  },
  QCC_SOCKET_BLOCKED: {
    message: ({ path, why }) =>
      `the control socket ${path} cannot be made (${why}): what stands in its place is no socket, or may not be replaced`,
    hint: ({ path }) => `ls -ld ${path}`,
  },
  QCC_TLS_NONE: { message: () => 'qcc has made no certificate here', hint: () => 'qcc proxy cert' },
  QCC_TLS_UNUSABLE: { message: (fault) => `the certificate cannot be used: ${clause(fault)}`, hint: certificateHint },
  QCC_URL_INVALID: {
    message: ({ given, ...fault }) => `"${given}" cannot be a base URL: ${clause(fault)}`,
    hint: ({ hint }) => hint,
  },
  QCC_URL_PLAINTEXT: {
    message: ({ origin }) => `${origin} would send your key over the network unencrypted`,
    hint: () => 'use https://, or --allow-plaintext',
  },
  QCC_USAGE_CONFIRM: { message: ({ text }) => text, hint: () => '--yes' },
  QCC_USAGE_DECLINED: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_SETUP_LEFT: { message: () => 'interrupted; what was done before stays', hint: () => 'qcc init' },
  QCC_USAGE_INTERRUPTED: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_USAGE_INVALID: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_VAULT_DAMAGED: {
    message: ({ path }) => `${path} is damaged, or was made with another master key`,
    hint: () =>
      'put it back, or begin with a new one: qcc config doctor --fix; it names each endpoint that needs its key again',
  },
  QCC_VAULT_GONE: {
    message: ({ path }) => `${path} is gone, and the keys of your endpoints with it`,
    hint: () =>
      'put it back, or begin with a new one: qcc config doctor --fix; it names each endpoint that needs its key again',
  },
  QCC_VAULT_LOCKED: {
    message: () => 'the master key of the stored API keys is not to be had (keychain locked, or master.key gone)',
    hint: ({ vault }) =>
      `unlock the keychain; where the key is gone for good: mv ${vault} ${vault}.old, then qcc config doctor --fix`,
  },
  QCC_WHATIF_ENDPOINT: {
    message: ({ name }) => `"${name}" cannot be tried: of an endpoint, only its models can`,
    hint: () => "qcc history what-if --set-endpoint '3f2a.models=opus=-,*=glm-4.6'",
  },
  QCC_WHATIF_UNKNOWN: {
    message: ({ id, count }) => `"${id}" means ${count === 0 ? 'no endpoint' : `${count} endpoints`}`,
    hint: () => 'qcc list',
  },
  QCC_WHATIF_SETTING: {
    message: ({ key }) => `${key} has no part in outages, switches and routes: its effect cannot be replayed`,
    hint: () => 'qcc history what-if --set failover.failure_threshold=5',
  },
};
