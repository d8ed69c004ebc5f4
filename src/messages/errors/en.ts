/** Every error in English: as it stands in logs, and on the control socket. */
import { endpointErrorsEn } from './en-endpoints.ts';
import type { ErrorWords } from './params.ts';

export const errorsEn: ErrorWords = {
  ...endpointErrorsEn,
  QCC_BLOB_LOST: {
    message: ({ why }) => `what was kept of this request cannot be read (${why})`,
    hint: () => 'qcc queue list',
  },
  QCC_DISK_FULL: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_DISK_READONLY: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_LOG_FORBIDDEN: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_APART_LIMIT: {
    message: ({ why }) => `this file was not read to its end, and nothing of it was taken: ${why}`,
    hint: () => 'ask for the file again, or for a smaller one',
  },
  QCC_DEMO_HOME: {
    message: ({ path }) => `${path} holds something already: the demo keeps its home in a new folder`,
    hint: ({ path }) => `qcc demo --keep ${path}-2`,
  },
  QCC_BACKUP_FAILED: {
    message: ({ why }) => `no copy came out whole: ${why}`,
    hint: ({ file }) => `qcc config backup ${file}`,
  },
  QCC_BACKUP_INVALID: {
    message: ({ why }) => `this is no whole backup: ${why}`,
    hint: () => 'qcc config backup qcc.tar.gz',
  },
  QCC_CAPSULE_DAMAGED: {
    message: ({ path, why }) => `${path} is no whole incident file: ${why}`,
    hint: () => 'ask for the file again',
  },
  QCC_CAPSULE_LIMIT: {
    message: ({ path, why }) => `${path} is more than is read of an incident file: ${why}`,
    hint: () => 'ask for one of a shorter time',
  },
  QCC_CAPSULE_UNREADABLE: {
    message: ({ path, code }) => `${path} cannot be read (${code})`,
    hint: ({ path }) => `qcc history export --incident ${path} makes one`,
  },
  QCC_CAPSULE_VERSION: {
    message: ({ path, qcc }) => `${path} was written by qcc ${qcc}, which keeps its state in another form`,
    hint: () => 'use that version of qcc',
  },
  QCC_CLAUDE_MISSING: { message: ({ text }) => text, hint: () => 'npm install -g @anthropic-ai/claude-code' },
  QCC_CLAUDE_SETTINGS: {
    message: ({ file, why }) => `${file} ${why}; it was left as it is`,
    hint: ({ file }) => `mend ${file}, then run the command again`,
  },
  QCC_COMMAND_FAULT: { message: ({ text }) => text, hint: () => 'QCC_DEBUG=1 shows where' },
  QCC_CONTROL_TOO_LARGE: { message: () => 'the question is too large', hint: () => 'ask for less' },
  QCC_FILES_FEW: { message: ({ text }) => text, hint: () => 'ulimit -n 1024' },
  QCC_FILE_UNREADABLE: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_FILE_UNWRITABLE: {
    message: ({ path, why, code }) => `${path} cannot be written: ${why} (${code})`,
    hint: ({ hint }) => hint,
  },
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
  QCC_GATEWAY_RUNNING: { message: ({ text }) => text, hint: ({ hint }) => hint },
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
  QCC_HISTORY_TRIMMED: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_HISTORY_UNKNOWN: {
    message: ({ head, moment }) => `the history has come to #${head}, not to ${moment}`,
    hint: () => 'qcc history --limit 1',
  },
  QCC_HOME_NEWER: {
    message: ({ home, why }) => `${home} was made by a newer qcc (${why}); nothing in it was touched`,
    hint: () => 'npm install -g qcc@latest',
  },
  QCC_HOME_NONE: {
    message: () => 'there is no folder for the home: HOME is empty, and the system knows none of this user',
    hint: () => 'export QCC_HOME=/a/folder/of/yours',
  },
  QCC_HOME_NOT_EMPTY: {
    message: ({ home }) => `${home} is not empty: a backup goes into an empty home`,
    hint: ({ file }) => `QCC_HOME=/another/folder qcc config restore ${file}`,
  },
  QCC_HOME_ODD: { message: ({ path, is }) => `${path} is no ${is}`, hint: () => 'qcc config doctor --fix' },
  QCC_HOME_OPEN: { message: ({ home }) => `${home} can be written by others`, hint: ({ home }) => `chmod 700 ${home}` },
  QCC_HOME_OWNER: {
    message: ({ home }) => `${home} belongs to another user`,
    hint: () => 'export QCC_HOME=/a/folder/of/yours',
  },
  QCC_HOME_PATH: {
    message: ({ bytes, most }) =>
      `the path of the home is too long for a socket in it (${bytes} bytes, ${most} at most)`,
    hint: () => 'export QCC_HOME=/a/shorter/path',
  },
  QCC_IMPORT_DATABASE: {
    message: ({ node }) => `Node ${node} cannot read the database of cc-switch`,
    hint: () => 'run it with Node 22.13 or newer, or export from cc-switch: qcc config import --from cc-switch FILE',
  },
  QCC_IMPORT_INVALID: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_IMPORT_MISSING: {
    message: ({ from, list }) => `${from} has left nothing here: no ${list}`,
    hint: ({ from }) => `qcc config import FILE --from ${from}`,
  },
  QCC_IMPORT_NEWER: {
    message: ({ version, known }) => `this file has version ${version} of the format, and this qcc knows ${known}`,
    hint: () => 'npm install -g qcc@latest',
  },
  QCC_IMPORT_PARTIAL: {
    message: ({ partsText }) => `not all of it can be taken, so nothing was: ${partsText}`,
    hint: ({ command }) => `${command} --partial takes the rest`,
  },
  QCC_IMPORT_RACED: {
    message: () => 'the configuration was changed while the file was read',
    hint: ({ command }) => String(command),
  },
  QCC_IMPORT_UNREADABLE: {
    message: ({ path, code }) => `${path} cannot be read (${code})`,
    hint: ({ path }) => `ls -l ${path}`,
  },
  QCC_INPUT_INVALID: {
    message: ({ operation, field, wanted }) => `${operation}: "${field}" must be ${wanted}`,
    hint: () => 'qcc --help',
  },
  QCC_INPUT_KEY: {
    message: ({ field }) => `"${field}" looks like an API key, and would be kept in clear: nothing was done`,
    hint: () => 'pass a key by --api-key-stdin, or --api-key-env NAME',
  },
  QCC_KEY_INVALID: {
    message: () => 'this cannot be an API key: it is too short, or has spaces or odd characters',
    hint: () => 'pass the key alone, on one line',
  },
  QCC_KEY_LOST: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_LOG_CLOSED: { message: () => 'the log is closed', hint: () => 'qcc proxy status' },
  QCC_LOG_DAMAGED: {
    message: ({ dir, why }) => `the log in ${dir} cannot be opened: ${why}`,
    hint: () => 'qcc history repair',
  },
  QCC_LOG_GIVEN_UP: {
    message: () => 'the log gave up facts that it could not write',
    hint: ({ hint }) => hint,
  },
  QCC_LOG_GONE: {
    message: ({ dir }) => `the log in ${dir} is gone, and this home is not new: nothing was changed`,
    hint: () =>
      `put it back, or begin anew: qcc history repair (from a backup: QCC_HOME=/another/folder qcc config restore FILE)`,
  },
  QCC_LOG_LOCKED: { message: () => 'another qcc command holds the log', hint: () => 'try again in a moment' },
  QCC_LOG_SUSPENDED: { message: ({ why }) => `the log cannot be written (${why})`, hint: ({ hint }) => hint },
  QCC_NOTIFY_UNSET: {
    message: () => 'notify.webhook is empty and notify.desktop is off: there is nowhere to send to',
    hint: () => 'qcc config set notify.webhook -',
  },
  QCC_OPERATION_UNKNOWN: {
    message: ({ name }) => `the running gateway does not know "${name}": it is of another version`,
    hint: () => 'qcc proxy restart',
  },
  QCC_PASSPHRASE_MISSING: {
    message: () => 'keys go in and out under a passphrase, and none was given',
    hint: () => 'export QCC_PASSPHRASE=…, or run it on a terminal',
  },
  QCC_PASSPHRASE_WRONG: {
    message: () => 'the keys in this file cannot be opened: another passphrase, or the file was changed',
    hint: ({ command }) => `QCC_PASSPHRASE=… ${command}`,
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
      `${host} can be reached from other machines, and proxy.require_token is off: anybody could spend your keys`,
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
  QCC_REPAIR_RUNNING: {
    message: () => 'the log cannot be repaired while the gateway runs',
    hint: () => 'qcc proxy stop',
  },
  QCC_REQUEST_AMBIGUOUS: {
    message: ({ given, count, known }) => `"${given}" may be ${count} requests: ${known}`,
    hint: () => 'say more of its id',
  },
  QCC_SESSION_AMBIGUOUS: {
    message: ({ given, count, known }) => `"${given}" may be ${count} sessions: ${known}`,
    hint: () => 'say more of its id',
  },
  QCC_REQUEST_UNKNOWN: { message: ({ text }) => text, hint: () => 'qcc history --stream request --limit 20' },
  QCC_ROLLBACK_EMPTY: {
    message: ({ moment }) => `at ${moment} there was no profile yet: going back there would leave none`,
    hint: () => "qcc config rollback '#0', if that is what you want; qcc config audit lists what there was",
  },
  QCC_ROLLBACK_NOTHING: {
    message: ({ partsText }) => `nothing of it can be brought back: ${partsText}`,
    hint: () => 'qcc config audit',
  },
  QCC_ROLLBACK_PARTIAL: {
    message: ({ partsText }) => `not all of it can be brought back, so nothing was: ${partsText}`,
    hint: ({ command }) => `${command} --partial brings back the rest`,
  },
  QCC_ROLLBACK_UNCHANGED: {
    message: () => 'nothing was changed yet, so nothing can be undone',
    hint: () => 'qcc config audit',
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
  QCC_SOCKET_BLOCKED: {
    message: ({ path, why }) =>
      `the control socket ${path} cannot be made (${why}): what stands in its place is no socket, or may not be replaced`,
    hint: ({ path }) => `ls -ld ${path}`,
  },
  QCC_TABLE_DAMAGED: {
    message: ({ table, dir }) => `the history cannot be read: ${table} in ${dir} is damaged`,
    hint: () => 'qcc proxy stop, then qcc history repair',
  },
  QCC_TLS_UNUSABLE: { message: ({ text }) => text, hint: ({ hint }) => hint },
  QCC_URL_INVALID: {
    message: ({ text, why }) => `"${text}" cannot be a base URL: ${why}`,
    hint: () => '--base-url https://api.anthropic.com',
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
  QCC_WHATIF_SETTING: {
    message: ({ key }) => `${key} has no part in outages, switches and routes: its effect cannot be replayed`,
    hint: () => 'qcc history what-if --set failover.failure_threshold=5',
  },
};
