import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServiceOptions, serviceOf } from '../../src/installation/service.ts';

const options: ServiceOptions = {
  platform: 'linux',
  env: { HOME: '/home/ann' },
  home: '/home/ann/.qcc',
  command: ['/usr/bin/node', '--v8-pool-size=1', '/opt/qcc/main.js'],
  language: 'en',
  uid: 1_000,
};

const textOf = (changes: Partial<ServiceOptions> = {}) => serviceOf({ ...options, ...changes })?.text() ?? '';

/** systemd's verdict on a unit; undefined where there is no systemd. */
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
  it('runs the gateway in its home, with no more access than it needs', () => {
    const lines = textOf().split('\n');
    for (const line of [
      'ExecStart="/usr/bin/node" "--v8-pool-size=1" "/opt/qcc/main.js" "proxy" "run"',
      'Environment="QCC_HOME=/home/ann/.qcc" "QCC_LANG=en"',
      'ReadWritePaths="/home/ann/.qcc"',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'ProtectHome=read-only',
      'PrivateTmp=yes',
      'RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX',
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

  it('contains the variables for network and certificates, and nothing else of the environment', () => {
    const env = {
      HOME: '/home/ann',
      HTTPS_PROXY: 'http://u:5%"\\$@proxy:3128',
      no_proxy: 'a.test, b.test',
      NODE_EXTRA_CA_CERTS: 'ca.pem',
      HTTP_PROXY: '',
      AWS_SECRET: 'no',
    };
    const [line = ''] = textOf({ env })
      .split('\n')
      .filter((one) => one.startsWith('Environment='));
    expect(line).toBe(
      `Environment="QCC_HOME=/home/ann/.qcc" "QCC_LANG=en" "HTTPS_PROXY=http://u:5%%\\"\\\\$@proxy:3128" "no_proxy=a.test, b.test" "NODE_EXTRA_CA_CERTS=${resolve('ca.pem')}"`,
    );
  });

  it.each([
    ['a line break in the home', { home: '/h\nExecStartPre=/bin/evil' }, 'QCC_HOME'],
    ['a return in a proxy', { env: { HOME: '/h', https_proxy: 'http://p\r[Install]' } }, 'https_proxy'],
    ['a zero in a path', { env: { HOME: '/h', NODE_EXTRA_CA_CERTS: '/a\0b' } }, 'NODE_EXTRA_CA_CERTS'],
    ['an escape in the folder of units', { env: { HOME: '/h', XDG_CONFIG_HOME: '/c\u001b' } }, 'XDG_CONFIG_HOME'],
    ['a C1 control in the program', { command: ['/n', '/m\u0085'] }, 'the path of qcc'],
  ] as const)('is refused with %s, on both systems', (_, changes, name) => {
    for (const platform of ['linux', 'darwin'] as const)
      expect(() => textOf({ ...changes, platform } as Partial<ServiceOptions>)).toThrow(
        expect.objectContaining({ code: 'QCC_SERVICE_CONTROL', params: { name }, exit: 2 }),
      );
  });

  it('has no private temporary folder if it needs files of the shared one', () => {
    expect(textOf({ home: '/tmp/x/q' })).not.toContain('PrivateTmp');
    expect(textOf({ env: { HOME: '/h', NODE_EXTRA_CA_CERTS: '/var/tmp/ca.pem' } })).not.toContain('PrivateTmp');
    expect(textOf({ home: '/tmpx/q' })).toContain('PrivateTmp=yes');
  });

  it('without namespaces uses no directive that needs them, and keeps the rest of the confinement', () => {
    const text = textOf({ confined: false });
    expect(text).not.toMatch(/^(Protect|Private|ReadWrite|ReadOnly|Bind)/m);
    for (const line of ['NoNewPrivileges=yes', 'LimitCORE=0', 'MemoryMax=1G', 'UMask=0077'])
      expect(text.split('\n')).toContain(line);
    expect(text).toContain('AF_NETLINK');
  });

  it('escapes what systemd would expand, where it would', () => {
    const text = textOf({ home: '/h/5% $X', command: ['/n/5% $X', '/m'] });
    expect(text).toContain('ExecStart="/n/5%% $$X" "/m"');
    expect(text).toContain('ReadWritePaths="/h/5%% $X"');
  });

  it('is in systemd’s folder, under a name of its own for each home', () => {
    expect(serviceOf(options)?.file).toBe('/home/ann/.config/systemd/user/qcc.service');
    const other = serviceOf({ ...options, home: '/srv/q', env: { HOME: '/home/ann', XDG_CONFIG_HOME: '/c' } });
    expect(other?.file).toMatch(/^\/c\/systemd\/user\/qcc-[0-9a-f]{8}\.service$/);
  });

  it('is accepted by systemd, also with a home of unusual characters', (context) => {
    const command: ServiceOptions['command'] = [process.execPath, '/opt/my qcc/main.js'];
    for (const home of ['/home/ann/.qcc', '/srv/100% "odd" $HOME\\x/Ü q']) {
      const env = { HOME: '/home/ann', HTTPS_PROXY: 'http://u:100%\'"$x\\n@p:1', NO_PROXY: 'a b' };
      for (const confined of [true, false]) {
        const said = systemdSays(textOf({ home, command, env, confined }), 'qcc-try.service');
        if (said === undefined) return context.skip('there is no systemd here');
        expect(said).toBe('');
      }
    }
  });

  it('with an unknown directive is rejected by the same check', (context) => {
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
    expect(agent?.text()).toContain('<key>QCC_HOME</key><string>/Users/ann/.qcc</string>');
    expect(agent?.text()).toContain('<string>/opt/qcc/main.js</string>');
    expect(agent?.text()).toContain('<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>');
    expect(agent?.text()).toContain('<key>Umask</key><integer>63</integer>');
    const opened = [...(agent?.text() ?? '').matchAll(/<(dict|array|plist)\b/g)].length;
    expect([...(agent?.text() ?? '').matchAll(/<\/(dict|array|plist)>/g)]).toHaveLength(opened);
  });

  it('escapes XML’s special characters', () => {
    const env = { HOME: '/h', HTTPS_PROXY: 'http://u:<&>"@p' };
    const text = textOf({ platform: 'darwin', home: '/a & <b>', env });
    expect(text).toContain('<string>/a &amp; &lt;b&gt;</string>');
    expect(text).toContain('<key>HTTPS_PROXY</key><string>http://u:&lt;&amp;&gt;"@p</string>');
  });
});

it('a service does not exist on other systems', () => {
  expect(serviceOf({ ...options, platform: 'win32' })).toBeUndefined();
});
