/** The gateway as a service of the user's own: what systemd and launchd are told, and where it stands. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { paths } from './home.ts';

export interface Service {
  readonly kind: 'systemd' | 'launchd';
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** What makes it known and runs it, and what ends it; the program first. */
  readonly start: readonly (readonly string[])[];
  readonly stop: readonly (readonly string[])[];
  /** After the file is gone. */
  readonly forget: readonly (readonly string[])[];
}

export interface ServiceOptions {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The program: Node, its own flags, and what it runs. */
  readonly command: readonly [node: string, ...args: string[]];
  readonly language: string;
  readonly uid: number;
}

// A stop lets requests end for half a minute; whoever is still there then has had its time.
const stopS = 45;

/** Undefined on systems that have neither. */
export function serviceOf(options: ServiceOptions): Service | undefined {
  if (options.platform === 'linux') return systemd(options);
  return options.platform === 'darwin' ? launchd(options) : undefined;
}

/** One home, one service: another one than the usual has a name of its own. */
function nameOf({ home, env }: ServiceOptions): string {
  const usual = join(env['HOME'] ?? homedir(), '.qcc');
  return home === usual ? 'qcc' : `qcc-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
}

function systemd(options: ServiceOptions): Service {
  const name = `${nameOf(options)}.service`;
  const { env, home, command, language } = options;
  const folder = join(env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config'), 'systemd', 'user');
  const systemctl = (...args: readonly string[]) => ['systemctl', '--user', ...args];
  const text = `# Made by qcc proxy install-service.
[Unit]
Description=qcc, a local gateway for Claude Code
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${[...command, 'proxy', 'run'].map(commandWord).join(' ')}
Environment=${unitWord(`QCC_HOME=${home}`)} ${unitWord(`QCC_LANG=${language}`)}
Restart=on-failure
RestartSec=1
TimeoutStopSec=${stopS}
UMask=0077
LimitNOFILE=8192
LimitCORE=0
MemoryMax=1G
# It writes into its home and nowhere else. (MemoryDenyWriteExecute would keep V8 from compiling.)
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=${unitWord(home)}
PrivateTmp=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX

[Install]
WantedBy=default.target
`;
  return {
    kind: 'systemd',
    name,
    file: join(folder, name),
    text,
    start: [systemctl('daemon-reload'), systemctl('enable', '--now', name)],
    stop: [systemctl('disable', '--now', name)],
    forget: [systemctl('daemon-reload')],
  };
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
  const { env, home, command, language, uid } = options;
  const name = `local.${nameOf(options)}`;
  const file = join(env['HOME'] ?? homedir(), 'Library', 'LaunchAgents', `${name}.plist`);
  const log = paths(home).gatewayLog;
  const text = `<?xml version="1.0" encoding="UTF-8"?>
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
    <key>QCC_HOME</key><string>${xml(home)}</string>
    <key>QCC_LANG</key><string>${xml(language)}</string>
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
  return {
    kind: 'launchd',
    name,
    file,
    text,
    start: [['launchctl', 'bootstrap', `gui/${uid}`, file]],
    stop: [['launchctl', 'bootout', `gui/${uid}/${name}`]],
    forget: [],
  };
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
