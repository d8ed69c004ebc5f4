/** The gateway as a service of the user: the definitions for systemd and launchd, and their paths. */
import { createHash } from 'node:crypto';
import { join, resolve, sep } from 'node:path';
import { paths, userHome } from '../config/files/home.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';

export interface Service {
  readonly kind: 'systemd' | 'launchd';
  readonly name: string;
  readonly file: string;
  /** @throws {QccError} `QCC_SERVICE_CONTROL` when a path or a variable has a line break or another control character in it */
  text(): string;
  /** Commands that register and start it, and those that stop it; the program comes first. */
  readonly start: readonly (readonly string[])[];
  readonly stop: readonly (readonly string[])[];
  /** After the file is removed. */
  readonly forget: readonly (readonly string[])[];
}

export interface ServiceOptions {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The program: Node, its flags, and the script that it runs. */
  readonly command: readonly [node: string, ...args: string[]];
  readonly language: string;
  readonly uid: number;
  /**
   * Whether systemd may confine the service's view of the file system. That needs namespaces, and a user's own systemd has them only where
   * the kernel lets users create them: elsewhere such a unit does not start at all (status 226).
   */
  readonly confined?: boolean;
}

// Variables that say how the network is reached and which certificates are trusted. A service starts without the shell that has set them.
const inherited = [
  ...['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];
// A path in it may be relative to the user's working directory.
const pathNames: ReadonlySet<string> = new Set(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR']);

// A private folder is empty: files there that the service needs would be hidden.
const temporaryFolders = ['/tmp', '/var/tmp'];

// A stop drains requests for half a minute; requests that still run then are aborted.
const stopS = 45;

/** Undefined on systems that have neither. */
export function serviceOf(options: ServiceOptions): Service | undefined {
  if (options.platform === 'linux') return systemd(options);
  return options.platform === 'darwin' ? launchd(options) : undefined;
}

/** Neither format can represent all of them, and a line break would begin a directive of its own. */
function refuseControls(options: ServiceOptions): void {
  const { env, home, command, language } = options;
  const given = {
    QCC_HOME: home,
    QCC_LANG: language,
    HOME: userHome(env),
    XDG_CONFIG_HOME: env['XDG_CONFIG_HOME'] ?? '',
    'the path of qcc': command.join(''),
    ...Object.fromEntries(environment(options)),
  };
  const [name] = Object.entries(given).find(([, value]) => /\p{Cc}/u.test(value)) ?? [];
  if (name === undefined) return;
  throw new QccError('QCC_SERVICE_CONTROL', { name }, exitCodes.usage);
}

/** The environment of the service. */
function environment(options: ServiceOptions): readonly (readonly [name: string, value: string])[] {
  const { env, home, language } = options;
  const kept = inherited.flatMap((name) => {
    const value = env[name];
    return value ? [[name, pathNames.has(name) ? resolve(value) : value] as const] : [];
  });
  return [['QCC_HOME', home], ['QCC_LANG', language], ...kept];
}

/** One home, one service: a home other than the default gets a service name of its own. */
function nameOf({ home, env }: ServiceOptions): string {
  const usual = join(userHome(env), '.qcc');
  return home === usual ? 'qcc' : `qcc-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
}

function systemd(options: ServiceOptions): Service {
  const name = `${nameOf(options)}.service`;
  const { env } = options;
  const folder = join(env['XDG_CONFIG_HOME'] || join(userHome(env), '.config'), 'systemd', 'user');
  const systemctl = (...args: readonly string[]) => ['systemctl', '--user', ...args];
  return {
    kind: 'systemd',
    name,
    file: join(folder, name),
    text: () => unitText(options),
    start: [systemctl('daemon-reload'), systemctl('enable', '--now', name)],
    stop: [systemctl('disable', '--now', name)],
    forget: [systemctl('daemon-reload')],
  };
}

function unitText(options: ServiceOptions): string {
  refuseControls(options);
  return `# Made by qcc proxy install-service.
[Unit]
Description=qcc, a local gateway for Claude Code
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${[...options.command, 'proxy', 'run'].map(commandWord).join(' ')}
Environment=${environment(options)
    .map(([name, value]) => unitWord(`${name}=${value}`))
    .join(' ')}
Restart=on-failure
RestartSec=1
TimeoutStopSec=${stopS}
UMask=0077
LimitNOFILE=8192
LimitCORE=0
MemoryMax=1G
${confinement(options).join('\n')}

[Install]
WantedBy=default.target
`;
}

/** Node reads the network's interfaces over netlink: without it the gateway does not start. */
function confinement(options: ServiceOptions): readonly string[] {
  const always = ['NoNewPrivileges=yes', 'RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX'];
  if (options.confined === false)
    return ['# This system lets no user make namespaces: it may write where you may.', ...always];
  return [
    '# It writes into its home and nowhere else. (MemoryDenyWriteExecute would keep V8 from compiling.)',
    ...always,
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    `ReadWritePaths=${unitWord(options.home)}`,
    ...(needsTemporary(options) ? [] : ['PrivateTmp=yes']),
  ];
}

function needsTemporary(options: ServiceOptions): boolean {
  const used = [options.home, ...options.command, ...environment(options).map(([, value]) => value)];
  return used.some((path) => temporaryFolders.some((folder) => path.startsWith(folder + sep)));
}

/** Quoted; `%` would begin a specifier. */
function unitWord(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}

/** In a command `$` begins a variable, too. */
function commandWord(text: string): string {
  return unitWord(text).replaceAll('$', '$$$$');
}

function launchd(options: ServiceOptions): Service {
  const { env, uid } = options;
  const name = `local.${nameOf(options)}`;
  const file = join(userHome(env), 'Library', 'LaunchAgents', `${name}.plist`);
  return {
    kind: 'launchd',
    name,
    file,
    text: () => plistText(options, name),
    start: [['launchctl', 'bootstrap', `gui/${uid}`, file]],
    stop: [['launchctl', 'bootout', `gui/${uid}/${name}`]],
    forget: [],
  };
}

function plistText(options: ServiceOptions, name: string): string {
  const { home, command } = options;
  const log = paths(home).gatewayLog;
  refuseControls(options);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Made by qcc proxy install-service. -->
<plist version="1.0">
<dict>
  <key>Label</key><string>${xml(name)}</string>
  <key>ProgramArguments</key>
  <array>
${[...command, 'proxy', 'run'].map((word) => `    <string>${xml(word)}</string>`).join('\n')}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${environment(options)
  .map(([key, value]) => `    <key>${xml(key)}</key><string>${xml(value)}</string>`)
  .join('\n')}
  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>10</integer>
  <key>ExitTimeOut</key><integer>${stopS}</integer>
  <key>Umask</key><integer>63</integer>
  <key>SoftResourceLimits</key><dict><key>NumberOfFiles</key><integer>8192</integer><key>Core</key><integer>0</integer></dict>
  <key>ProcessType</key><string>Interactive</string>
  <key>StandardOutPath</key><string>${xml(log)}</string>
  <key>StandardErrorPath</key><string>${xml(log)}</string>
</dict>
</plist>
`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
