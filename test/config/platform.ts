/** Another operating system, as far as the program asks which it is, until the test ends. */
import { onTestFinished } from 'vitest';

export function onPlatform(name: NodeJS.Platform): void {
  const real = Object.getOwnPropertyDescriptor(process, 'platform');
  Object.defineProperty(process, 'platform', { ...real, value: name });
  onTestFinished(() => {
    if (real) Object.defineProperty(process, 'platform', real);
  });
}
