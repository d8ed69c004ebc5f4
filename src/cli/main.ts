#!/usr/bin/env node
/**
 * The program's entry. It is self-contained and in old syntax, because an old Node must be able to parse it: only then can it explain the
 * problem instead of failing at the first module that it does not support.
 */

const [oldestMajor, oldestMinor] = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  const chosen = process.env['QCC_LANG'] || process.env['LC_ALL'] || process.env['LC_MESSAGES'] || process.env['LANG'];
  // An old Node may not be able to read the message catalogue either.
  process.stderr.write(
    /^zh/i.test(chosen || '')
      ? `错误：qcc 需要 Node ${oldestMajor}.${oldestMinor} 或更高版本，当前为 ${process.versions.node}\n  https://nodejs.org/\n`
      : `error: qcc needs Node ${oldestMajor}.${oldestMinor} or newer; this is ${process.versions.node}\n  https://nodejs.org/\n`,
  );
  process.exitCode = 1;
} else {
  void import('./driver.ts').then(({ main }) => main());
}
