/** Opens the log in the folder given, says so, and keeps it until its input ends. */
import { LevelLog } from '../../../src/log/level-log.ts';

process.umask(0o077);
const log = await LevelLog.open(process.argv[2] ?? '');
process.stdout.write('open\n');
process.stdin.resume();
process.stdin.once('end', () => void log.close());
