/**
 * What the gateway is measured against, in the same run: nginx where it is installed, as a proxy that streams answers and buffers requests;
 * else a relay of bytes in Node, which is the floor of any proxy in Node.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { here, startPinned, startProcess, temporaryFolder } from './processes.mjs';

const places = ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'];
const patienceMs = 10_000;
const lookMs = 50;

/** @param origin the upstream's @returns its name, pid, port and `end` */
export async function startReference(origin, core) {
  const nginx = places.find((file) => spawnSync(file, ['-v']).status === 0);
  return nginx ? startNginx(nginx, new URL(origin).host, core) : startRelay(origin, core);
}

/** @param origin the upstream's */
export async function startRelay(origin, core) {
  const relay = await startProcess([join(here, 'bare-relay.mjs'), new URL(origin).port], { core });
  return { name: 'bare relay', ...relay };
}

async function startNginx(file, upstream, core) {
  const folder = temporaryFolder();
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, nginxConfig(folder, port, upstream));
  const child = startPinned(core, file, ['-c', config, '-e', '/dev/null'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  for (let waitedMs = 0; !(await listens(port)); waitedMs += lookMs) {
    if (waitedMs > patienceMs || child.exitCode !== null) throw new Error('nginx did not start');
    await sleep(lookMs);
  }
  return { name: 'nginx', pid: child.pid, port, end };
}

/** One process, so that its CPU is all of it; connections to the upstream are kept. */
function nginxConfig(folder, port, upstream) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  );
  return `daemon off; master_process off; worker_rlimit_nofile 20000; pid ${folder}/pid; error_log /dev/null crit;
events { worker_connections 19000; multi_accept on; }
http { access_log off; ${temporary.join(' ')}
  keepalive_timeout 600s; keepalive_requests 1000000000; client_max_body_size 64m; client_body_buffer_size 2m; tcp_nodelay on;
  upstream up { server ${upstream}; keepalive 8192; keepalive_requests 1000000000; keepalive_timeout 600s; }
  server { listen 127.0.0.1:${port} backlog=8192; location / { proxy_pass http://up; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_set_header Host ${upstream}; proxy_buffering off; proxy_buffer_size 8k; proxy_buffers 8 8k;
    proxy_read_timeout 600s; } } }
`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
