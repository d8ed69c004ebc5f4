import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServiceOptions, serviceOf } from '../../src/config/service.ts';

const options: ServiceOptions = {
  platform: 'linux',
  env: { HOME: '/home/ann' },
  home: '/home/ann/.qcc',
  command: ['/usr/bin/node', '--v8-pool-size=1', '/opt/qcc/main.js'],
  language: 'en',
  uid: 1_000,
};

const textOf = (changes: Partial<ServiceOptions> = {}) => serviceOf({ ...options, ...changes })?.text ?? '';

/** What systemd says about a unit; undefined where there is none. */
function systemdSays(text: string, name: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'qs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, name);
  writeFileSync(file, text);
  try {
    const env = { ...process.env, XDG_RUNTIME_DIR: folder };
    return execFileSync('sh', ['-c', 'systemd-analyze verify "$0" 2>&1', file], { encoding: 'utf8', env });
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    return stdout.includes('not found') ? undefined : stdout;
  }
}

describe('the systemd unit', () => {
  it('runs the gateway in its home, with no more than it needs', () => {
    const lines = textOf().split('\n');
    for (const line of [
      'ExecStart="/usr/bin/node" "--v8-pool-size=1" "/opt/qcc/main.js" "proxy" "run"',
      'Environment="QCC_HOME=/home/ann/.qcc" "QCC_LANG=en"',
      'ReadWritePaths="/home/ann/.qcc"',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'ProtectHome=read-only',
      'PrivateTmp=yes',
      'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
      'MemoryMax=1G',
      'LimitNOFILE=8192',
      'LimitCORE=0',
      'Restart=on-failure',
      'RestartSec=1',
      'StartLimitIntervalSec=60',
      'StartLimitBurst=5',
      'UMask=0077',
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => line.startsWith('MemoryDenyWriteExecute'))).toEqual([]);
  });

  it('doubles what systemd would expand, where it would', () => {
    const text = textOf({ home: '/h/5% $X', command: ['/n/5% $X', '/m'] });
    expect(text).toContain('ExecStart="/n/5%% $$X" "/m"');
    expect(text).toContain('ReadWritePaths="/h/5%% $X"');
  });

  it('stands where systemd looks for it, by a name of its own for each home', () => {
    expect(serviceOf(options)?.file).toBe('/home/ann/.config/systemd/user/qcc.service');
    const other = serviceOf({ ...options, home: '/srv/q', env: { HOME: '/home/ann', XDG_CONFIG_HOME: '/c' } });
    expect(other?.file).toMatch(/^\/c\/systemd\/user\/qcc-[0-9a-f]{8}\.service$/);
  });

  it('is accepted by systemd, also with a home of odd letters', (context) => {
    const command: ServiceOptions['command'] = [process.execPath, '/opt/my qcc/main.js'];
    for (const home of ['/home/ann/.qcc', '/srv/100% "odd" $HOME\\x/Ü q']) {
      const said = systemdSays(textOf({ home, command }), 'qcc-try.service');
      if (said === undefined) return context.skip('there is no systemd here');
      expect(said).toBe('');
    }
  });

  it('that says what systemd does not know is told so', (context) => {
    const said = systemdSays(
      textOf({ command: [process.execPath, 'x'] }).replace('PrivateTmp', 'PrivateTemp'),
      'q.service',
    );
    if (said === undefined) return context.skip('there is no systemd here');
    expect(said).toContain('PrivateTemp');
  });
});

describe('the launchd agent', () => {
  const agent = serviceOf({ ...options, platform: 'darwin', home: '/Users/ann/.qcc', env: { HOME: '/Users/ann' } });

  it('is a property list that keeps the gateway running', () => {
    expect(agent?.file).toBe('/Users/ann/Library/LaunchAgents/local.qcc.plist');
    expect(agent?.text).toContain('<key>QCC_HOME</key><string>/Users/ann/.qcc</string>');
    expect(agent?.text).toContain('<string>/opt/qcc/main.js</string>');
    expect(agent?.text).toContain('<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>');
    expect(agent?.text).toContain('<key>Umask</key><integer>63</integer>');
    const opened = [...(agent?.text ?? '').matchAll(/<(dict|array|plist)\b/g)].length;
    expect([...(agent?.text ?? '').matchAll(/<\/(dict|array|plist)>/g)]).toHaveLength(opened);
  });

  it('escapes what XML would read', () => {
    expect(textOf({ platform: 'darwin', home: '/a & <b>' })).toContain('<string>/a &amp; &lt;b&gt;</string>');
  });
});

it('there is no service on other systems', () => {
  expect(serviceOf({ ...options, platform: 'win32' })).toBeUndefined();
});
