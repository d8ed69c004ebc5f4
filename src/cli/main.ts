#!/usr/bin/env node
/**
 * Where the program begins. It stands alone and in old syntax, because an old Node must be able to read it: only then
 * can it say what is wrong instead of falling over the first module that it does not know.
 */

const [oldestMajor, oldestMinor] = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  const chosen = process.env['QCC_LANG'] || process.env['LC_ALL'] || process.env['LC_MESSAGES'] || process.env['LANG'];
  // The catalogue of words is one of the modules that an old Node may not read.
  process.stderr.write(
    /^zh/i.test(chosen || '')
      ? `错误：qcc 需要 Node ${oldestMajor}.${oldestMinor} 或更高版本，当前为 ${process.versions.node}\n  https://nodejs.org/\n`
      : `error: qcc needs Node ${oldestMajor}.${oldestMinor} or newer; this is ${process.versions.node}\n  https://nodejs.org/\n`,
  );
  process.exitCode = 1;
} else {
  void import('./driver.ts').then(({ main }) => main());
}
