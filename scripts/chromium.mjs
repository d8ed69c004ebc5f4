/** The Chromium of this machine, for what looks at the page: none is downloaded. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export const chromiumNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** It runs without a screen, and talks to nobody. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-sync',
  '--disable-component-update',
];

/** Undefined when there is none. `QCC_TEST_BROWSER` names another one. */
export function findChromium() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = folders.flatMap((folder) => chromiumNames.map((name) => join(folder, name)));
  return process.env.QCC_TEST_BROWSER ?? places.find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
